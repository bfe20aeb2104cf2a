import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { eventually } from '../tests/harness/eventually.ts';
import { freePort } from '../tests/harness/free-port.ts';
import { ShellProgram } from '../tests/harness/shell-program.ts';
import { TcpClient } from '../tests/harness/tcp-client.ts';

describe('npm run service on a terminal', () => {
  it('should drain after one Ctrl-C, which npm forwards a second time', async () => {
    const [port, adminPort] = [await freePort(), await freePort()];
    await using service = new ShellProgram('exec npm run service -- daytime', {
      terminal: true,
      env: { SESSION_PORT: `${port}`, PORT: '0', HOST: '127.0.0.1', ADMIN_PORT: `${adminPort}` },
    });
    await service.printed('session-tcp');
    using session = await TcpClient.connect(port);
    await session.ask('nist\n');
    // The kernel merges two pending signals of one kind. A stopped process is sure to have both pending.
    const running = service.family().at(-1)!;
    process.kill(running, 'SIGSTOP');
    service.pressCtrlC();
    await eventually(() => expect(pendingSignals(running)).toContain('SIGINT'));
    process.kill(running, 'SIGTERM');
    process.kill(running, 'SIGCONT');
    expect(await session.ended).toBe('FIN');
    expect(await service.exited).toEqual([0, null]);
    expect(service.stdout).toContain('stopped');
  });
});

/** Signals sent to a process and not yet handled, proc_pid_status(5). */
function pendingSignals(pid: number): string[] {
  const [, mask] = /^ShdPnd:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  const pending = BigInt(`0x${mask}`);
  return Object.entries(constants.signals).flatMap(([name, number]) =>
    (pending >> BigInt(number - 1)) & 1n ? name : [],
  );
}
