import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { parseMetrics } from '../../../../tests/harness/metrics.ts';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { type Ended, MAIN } from '../program.ts';
import { ThreadHost } from '../thread-host.ts';
import { startEcho } from './network-path.ts';

/** A host that is gone; another address of the name works. */
const DEAD = '127.0.1.1';
const ALIVE = '127.0.1.2';
/** Hosts behind a path that drops the first packet to each. */
const LOSSY = ['127.0.2.1', '127.0.2.2', '127.0.2.3'];

describe('a name with several addresses', skipFor(Namespace.problem()), () => {
  let namespace: Namespace;
  let host: ThreadHost;
  let port: number;
  let lossyPort: number;

  beforeAll(async () => {
    namespace = new Namespace();
    namespace.useHosts(
      ...[DEAD, ALIVE].map((address) => `${address} half.test`),
      ...LOSSY.map((address) => `${address} lossy.test`),
    );
    for (const rule of [
      'add table ip t',
      'add set ip t seen { type ipv4_addr; flags dynamic; }',
      'add chain ip t input { type filter hook input priority 0; }',
      `add rule ip t input ip daddr ${DEAD} drop`,
      'add rule ip t input ip daddr 127.0.2.0/24 tcp flags & (syn | ack) == syn ip daddr != @seen add @seen { ip daddr } drop',
    ])
      namespace.execute('nft', rule);
    host = new ThreadHost(namespace);
    port = await startEcho(namespace, ALIVE);
    lossyPort = await startEcho(namespace, '::');
  });
  afterAll(() => namespace[Symbol.dispose]());

  const run = (...args: readonly string[]): Promise<Ended> => host.run(MAIN, args);

  it('should be ok where each address loses its first SYN, as with a single address', async () => {
    // The second SYN is sent after a second. On a busy machine the prober is late for some samples.
    await eventually(async () => {
      namespace.execute('nft', 'flush set ip t seen');
      const args = ['check', '--json', '--count', '1', '--timeout', '20s'];
      const { stdout } = await run(...args, `echo+tcp://lossy.test:${lossyPort}`);
      expect(JSON.parse(stdout).targets).toMatchObject([{ failures: [], outcomes: { ok: 1 } }]);
    });
  });

  it('should be ok with the address that works, and name the address that does not', async () => {
    const urls = ['echo+tcp', 'echo+udp'].map((scheme) => `${scheme}://half.test:${port}`);
    const report = await run('check', ...urls);
    for (const nothing of ['connection to', 'answer from']) {
      expect(report.stdout).toMatch(
        new RegExp(
          `${DEAD} failed \\d+ times? while another address worked: no ${nothing} ${DEAD}:${port} within`,
        ),
      );
    }
    expect(report.code).toBe(0);
    const { stdout } = await run('check', '--json', ...urls);
    for (const { failedAddresses } of JSON.parse(stdout).targets) {
      expect(failedAddresses).toEqual([
        { address: DEAD, count: expect.any(Number), detail: expect.stringContaining(`${DEAD}:${port}`) },
      ]);
    }
  });

  it.each([
    ['send', '--data', 'x'],
    ['send', '--udp', '--data', 'x'],
    ['idle', '--max', '300ms', 'echo+tcp://'],
    ['idle', '--max', '300ms', 'echo+udp://'],
    ['mtu', '--max', '100', 'echo+udp://'],
    ['load', '--duration', '200ms', 'echo+udp://'],
  ])('should use the address that works, and name the address that does not: %s', async (...command) => {
    const scheme = command.at(-1)?.endsWith('://') ? command.at(-1) : '';
    const args = scheme === '' ? command : command.slice(0, -1);
    const { code, stderr } = await run(...args, `${scheme}half.test:${port}`);
    expect(stderr).toMatch(
      new RegExp(`^note: an address failed while another worked: no \\w+ \\w+ ${DEAD}:${port} within`, 'm'),
    );
    expect(code).toBe(0);
  });

  it('should have the failed address in the JSON of every command', async () => {
    const urls = [
      'idle --max=300ms echo+tcp://',
      'mtu --max=100 echo+udp://',
      'load --duration=200ms echo+udp://',
    ];
    const commands = [...urls, 'send --data=x ', 'send --udp --data=x '];
    const reports = await Promise.all(
      commands.map((command) => run(...`${command}half.test:${port} --json`.split(' '))),
    );
    const failedAddresses = [
      { address: DEAD, count: 1, detail: expect.stringContaining(` ${DEAD}:${port} within`) },
    ];
    for (const { stdout } of reports) expect(JSON.parse(stdout)).toMatchObject({ failedAddresses });
  });

  it('should be in the metrics and on the page', async () => {
    const target = `echo+udp://half.test:${port}?name=half&interval=100ms`;
    const monitor = namespace.start(
      process.execPath,
      MAIN,
      'monitor',
      '--admin-host=127.0.0.1',
      '--admin-port=0',
      `--targets=${target}`,
    );
    const url = await adminUrl(monitor.stdout!);
    await eventually(async () => {
      const metrics = parseMetrics(await namespace.fetch(`${url}/metrics`));
      expect(metrics.sum('l4_probe_addresses_failed_total', { family: 'ipv4' })).toBeGreaterThan(0);
      expect(metrics.sum('l4_probe_addresses_failed_total', { family: 'ipv6' })).toBe(0);
      const [status] = JSON.parse(await namespace.fetch(`${url}/api/targets`)).targets;
      expect(status).toMatchObject({
        state: 'up',
        failures: [],
        failedAddresses: [
          { address: DEAD, detail: expect.stringContaining(`no answer from ${DEAD}:${port}`) },
        ],
      });
    });
    const closed = once(monitor, 'close');
    monitor.kill('SIGTERM');
    await closed;
  });
});

async function adminUrl(log: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: log })) {
    const { msg, addresses } = JSON.parse(line);
    if (msg !== 'admin listening') continue;
    log.resume();
    return `http://127.0.0.1:${addresses[0].port}`;
  }
  throw new Error('the monitor ended before it listened');
}
