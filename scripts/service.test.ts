import { describe, expect, it } from 'vitest';
import { freePort } from '../tests/harness/free-port.ts';
import { ShellProgram } from '../tests/harness/shell-program.ts';
import { TcpClient } from '../tests/harness/tcp-client.ts';

describe('npm run service on a terminal', () => {
  it('should drain after one Ctrl-C, which npm passes on once more', async () => {
    const [port, adminPort] = [await freePort(), await freePort()];
    await using service = new ShellProgram('exec npm run service -- daytime', {
      terminal: true,
      env: { SESSION_PORT: `${port}`, PORT: '0', HOST: '127.0.0.1', ADMIN_PORT: `${adminPort}` },
    });
    await service.printed('session-tcp');
    using session = await TcpClient.connect(port);
    await session.ask('nist\n');
    service.pressCtrlC();
    expect(await session.ended).toBe('FIN');
    expect(await service.exited).toEqual([0, null]);
    expect(service.stdout).toContain('stopped');
  });
});
