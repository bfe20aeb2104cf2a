import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { freePort } from '../harness/free-port.ts';
import type { Metrics } from '../harness/metrics.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { TcpClient } from '../harness/tcp-client.ts';
import { root } from './tracked-files.ts';

const FILE = `export const upperTcp = (connection) => ({
  data: (chunk) => connection.write(Buffer.from(chunk.toString().toUpperCase())),
  end: () => connection.end(),
});`;
const ROW = "'upper-tcp': tcpListener({ port: 'otherPort', serve: () => upperTcp }),";

/** The service of the fixture, with another listener. */
const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-one-row-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync(join(root, 'tests/repo/fixtures/one-listener'), folder, { recursive: true });
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
writeFileSync(join(folder, 'upper-tcp.ts'), FILE);
const rows = readFileSync(join(folder, 'listeners.ts'), 'utf8').replace(/(?=^};)/m, `  ${ROW}\n`);
writeFileSync(join(folder, 'listeners.ts'), `import { upperTcp } from './upper-tcp.ts';\n${rows}`);

function spawn(env: Readonly<Record<string, string>>): ServiceProcess {
  return new ServiceProcess(join(folder, 'main.ts'), { HOST: '127.0.0.1', ...env }, []);
}

/** What a service shows of a listener, without its name. */
function seriesOf(metrics: Metrics, listener: string): string[] {
  const label = `listener="${listener}"`;
  const series = [...metrics.series.keys()].filter((key) => key.includes(label));
  return series.map((key) => key.replace(label, ''));
}

it('should give a listener its counters, limits, faults and drain by a row and a file', async () => {
  await using service = spawn({ FAULTS: 'on', MAX_CONNECTIONS: '1' });
  await service.logged('listening');
  const before = await service.metrics();
  expect(seriesOf(before, 'upper-tcp')).toContain('l4_tcp_connections_accepted_total{}');
  expect(seriesOf(before, 'upper-tcp')).toEqual(seriesOf(before, 'plain-tcp'));

  using client = await TcpClient.connect(service.port('upper-tcp'));
  using other = await TcpClient.connect(service.port('plain-tcp'));
  expect([await client.ask('ping'), await other.ask('ping')]).toEqual(['PING', 'ping']);
  using refused = new TcpClient(service.port('upper-tcp'));
  expect(await refused.ended).toBe('ECONNRESET');
  const labels = { listener: 'upper-tcp', reason: 'max_connections' };
  expect((await service.metrics()).value('l4_tcp_connections_refused_total', labels)).toBe(1);

  const set = await fetch(`${service.adminUrl}/faults/upper-tcp`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"corrupt":{}}',
  });
  expect(set.status).toBe(200);
  expect(await client.ask('ping')).not.toBe('PING');
  expect(await other.ask('ping')).toBe('ping');

  const exited = service.stop();
  expect(await client.ended).toBe('FIN');
  expect(await exited).toEqual({ code: 0, signal: null });
});

it('should check its port by the row', async () => {
  const port = String(await freePort());
  await using service = spawn({ PORT: port, OTHER_PORT: port });
  expect(await service.exited).toEqual({ code: 2, signal: null });
  expect(service.stderr).toContain(`PORT=${port} and OTHER_PORT=${port} are one TCP port for two listeners`);
});
