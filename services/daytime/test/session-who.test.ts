import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { openDaytime } from '../src/worker.ts';

describeTcpEngines((TCP_ENGINE) => {
  /** The replies of a session. */
  async function ask(env: Readonly<Record<string, string>>, requests: string): Promise<string> {
    const SESSION_PORT = String(await freePort());
    await using daytime = await LocalDataPlane.open(openDaytime, keys, { TCP_ENGINE, SESSION_PORT, ...env });
    using client = await TcpClient.connect(daytime.portOf('session-tcp'));
    client.socket.end(requests);
    return String(await client.takeAll());
  }

  it('should tell who answers, with the names that are known', async () => {
    const known = { POD_NAME: 'daytime-7d9f', NODE_NAME: 'n1', ZONE_NAME: 'a' };
    const line = 'who pod=daytime-7d9f node=n1 zone=a\r\n';
    expect(await ask(known, 'who\n WHO \r\nwho')).toBe(line.repeat(3));
    expect(await ask({}, 'who\n')).toBe(`who host=${hostname()}\r\n`);
    expect(await ask({}, 'help\n')).toContain('\r\nwho          who answers: ');
  });

  it('should be like any unknown request with IDENTITY=off', async () => {
    const off = { IDENTITY: 'off', POD_NAME: 'daytime-7d9f' };
    expect(await ask(off, 'who\n')).toMatch(/^\w+, \w+ \d+, \d{4} [\d:]{8}-UTC\r\n$/);
    expect(await ask(off, 'help\n')).not.toContain('who');
  });
});
