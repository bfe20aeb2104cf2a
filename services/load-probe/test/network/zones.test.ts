import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ip, Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { type Ended, MAIN } from '../program.ts';
import { ThreadHost } from '../thread-host.ts';
import { startEcho } from './network-path.ts';

/** Each of two links has a machine with this address. */
const ADDRESS = 'fe80::5:7';
/** A program that sends its name to each connection and datagram. */
const NAMED = `
  const [name] = process.argv.slice(1);
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}).end(name));
  server.listen(7013, '::', () => {
    const udp = require('node:dgram').createSocket('udp6');
    udp.on('message', (_, { address, port }) => udp.send(name, port, address));
    udp.bind(7013, '::', () => console.log('listening'));
  });`;

const THERE_ARE = /there is no interface gone; there are lo, l0, l1/;

describe('a link-local address', skipFor(Namespace.problem()), () => {
  let near: Namespace;
  let host: ThreadHost;
  let machines: readonly Namespace[] = [];
  let port: number;

  beforeAll(async () => {
    near = new Namespace();
    machines = [new Namespace(), new Namespace()];
    for (const [index, machine] of machines.entries()) {
      near.link(`l${index}`, machine, 'p0');
      near.up(`l${index}`, ['fe80::5:1/64']);
      machine.up('p0', [`${ADDRESS}/64`]);
      await once(machine.start(process.execPath, '-e', NAMED, `machine ${index}`).stdout!, 'data');
    }
    host = new ThreadHost(near);
    // Only the machine on the first link runs the service.
    port = await startEcho(machines[0]!, `${ADDRESS}%p0`);
  });
  afterAll(() => {
    for (const namespace of [...machines, near]) namespace[Symbol.dispose]();
  });

  const run = (...args: readonly string[]): Promise<Ended> => host.run(MAIN, args);

  it('should be unreachable behind an interface that does not exist: check', async () => {
    const urls = ['echo+tcp', 'echo+udp', 'tcp'].flatMap((scheme) =>
      ['gone', '25gone', '99'].map((zone) => `${scheme}://[${ADDRESS}%${zone}]:${port}`),
    );
    const both = urls.map((url) => (url.startsWith('tcp') ? url : `${url}?flow=both`));
    const { code, stdout } = await run('check', '--json', '--count', '4', '--timeout', '1s', ...both);
    for (const { failures, outcomes, url } of JSON.parse(stdout).targets) {
      // A busy prober skips samples.
      expect(outcomes.unreachable, url).toBeGreaterThan(0);
      expect(outcomes.unreachable + outcomes.prober_late, url).toBe(4);
      const zone = url.includes('%99]') ? '99' : 'gone';
      expect(failures.map(({ detail }: { detail: string }) => detail).join()).toContain(
        `there is no interface ${zone}; there are lo, l0, l1`,
      );
    }
    expect(code).toBe(1);
  });

  it.each([
    ['send', '--data', 'x'],
    ['send', '--udp', '--data', 'x'],
    ['idle', '--max', '1s', 'echo+tcp://'],
    ['idle', '--max', '1s', 'echo+udp://'],
    ['mtu', 'echo+udp://'],
    ['load', '--duration', '1s', 'echo+tcp://'],
    ['load', '--duration', '1s', 'daytime+udp://'],
    ['resolve'],
  ])('should be unreachable behind an interface that does not exist: %s', async (...command) => {
    const scheme = command.at(-1)?.endsWith('://') ? command.at(-1) : '';
    const args = scheme === '' ? command : command.slice(0, -1);
    const { code, stderr, stdout } = await run(...args, `${scheme}[${ADDRESS}%25gone]:${port}`);
    expect(stdout + stderr).toMatch(THERE_ARE);
    if (command[0] === 'send') expect(stderr).toMatch(/^unreachable: /m);
    expect(code).toBe(1);
  });

  it('should be found behind the interface that its zone names, by name or by number', async () => {
    const index = String(interfaceIndex(near, 'l1'));
    for (const zone of ['l1', '25l1', index]) {
      for (const more of [[], ['--udp']]) {
        const { stdout } = await run('send', ...more, '--data', 'x', `[${ADDRESS}%${zone}]:7013`);
        expect(stdout, `${zone} ${more}`).toBe('machine 1');
      }
    }
  });

  it('should not be guessed to be on one of several links where it has no zone', async () => {
    const { stdout } = await run('check', '--json', '--count', '1', `tcp://[${ADDRESS}]:${port}`);
    const [{ failures }] = JSON.parse(stdout).targets;
    expect(failures).toMatchObject([
      {
        outcome: 'unreachable',
        detail: `[${ADDRESS}]:${port}: ${ADDRESS} is a link-local address, which may be behind each of l0, l1: write ${ADDRESS}%l0, say`,
      },
    ]);
  });

  it('should be the only kind of address that has a zone', async () => {
    ip('-n', near.name, 'address', 'add', '2001:db8::1/64', 'dev', 'l0', 'nodad');
    const { stderr } = await run('send', '--data', 'x', '[2001:db8::7%l1]:7013');
    expect(stderr).toMatch(
      /^unreachable: .*only a link-local address \(fe80::\/10\) has a zone.*leave %l1 out$/m,
    );
  });
});

function interfaceIndex({ launcher }: Namespace, device: string): number {
  const [program, ...flags] = launcher;
  return Number(
    execFileSync(program!, [...flags, 'cat', `/sys/class/net/${device}/ifindex`], { encoding: 'utf8' }),
  );
}
