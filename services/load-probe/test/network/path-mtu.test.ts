import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE } from '../../../../tests/harness/main-module.ts';
import { ip, Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { ended, MAIN } from '../program.ts';
import { createPath, ROUTER_TO_CLIENT, SERVER, startEcho } from './network-path.ts';

const MTU = ['mtu', '--json', '--timeout', '400ms'];

describe('packets that must not be fragmented', skipFor(Namespace.problem()), () => {
  it('should show the path MTU and the router that reports it, also when the kernel already knows it', async () => {
    using path = createPath({ serverMtu: 1400 });
    const port = await path.startEcho();
    // The kernel remembers the path MTU of the first search.
    for (let search = 0; search < 2; search += 1) {
      const report = JSON.parse((await path.run([...MTU, `echo+udp://${SERVER}:${port}`])).stdout);
      expect(report, report.words.join('\n')).toMatchObject({
        pathMtu: 1400,
        reportedBy: ROUTER_TO_CLIENT,
        hole: null,
      });
      expect(report.words).toContain(
        `the path MTU is 1400 bytes, says router ${ROUTER_TO_CLIENT} (ICMP fragmentation needed)`,
      );
    }
  });

  it('should show the path MTU without a report, and say that no router reported it', async () => {
    using path = createPath({ serverMtu: 1400 });
    path.filter('add rule ip path output icmp type destination-unreachable drop');
    const port = await path.startEcho();
    const report = JSON.parse((await path.run([...MTU, `echo+udp://${SERVER}:${port}`])).stdout);
    expect(report).toMatchObject({ pathMtu: 1400, reportedBy: null, hole: { from: 1373, to: 1472 } });
    expect(report.words).toContain(
      'the path MTU is 1400 bytes: no router says so, larger packets that may not be divided just vanish',
    );
  });

  it('should show that no link of the path has a smaller MTU', async () => {
    using path = createPath({ serverMtu: 1500 });
    const port = await path.startEcho();
    const { stdout } = await path.run([...MTU, `echo+udp://${SERVER}:${port}`]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ pathMtu: 1500, reportedBy: null });
    expect(report.words).toContain('the path MTU is 1500 bytes, that of c0: nothing on the way is smaller');
    const limited = await path.run([...MTU, '--max', '1000', `echo+udp://${SERVER}:${port}`]);
    expect(JSON.parse(limited.stdout)).toMatchObject({ pathMtu: null, reportedBy: null });
  });
});

describe('packets of IPv6', skipFor(Namespace.problem()), () => {
  const [client, router, server] = ['2001:db8:1::2', '2001:db8:1::1', '2001:db8:2::2'];
  let namespaces: Namespace[] = [];
  beforeAll(() => {
    const [here, between, there] = [new Namespace(), new Namespace(), new Namespace()];
    namespaces = [here, between, there];
    here.link('c0', between, 'r0');
    there.link('s0', between, 'r1');
    here.up('c0', [`${client}/64`]);
    between.up('r0', [`${router}/64`]);
    // A router sends its neighbour solicitations from its link-local address.
    between.up('r1', ['2001:db8:2::1/64', 'fe80::2:1/64'], 1400);
    there.up('s0', [`${server}/64`], 1400);
    between.execute('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
    ip('-n', here.name, 'route', 'add', 'default', 'via', router);
    ip('-n', there.name, 'route', 'add', 'default', 'via', '2001:db8:2::1');
  });
  afterAll(() => {
    for (const namespace of namespaces) namespace[Symbol.dispose]();
  });

  it('should show the path MTU and the router that reports it', async () => {
    const [here, , there] = namespaces;
    const port = await startEcho(there!, server);
    const { stdout } = await ended(here!.start(...NODE, MAIN, ...MTU, `echo+udp://[${server}]:${port}`));
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ pathMtu: 1400, reportedBy: router });
    expect(report.words).toContain(
      `the path MTU is 1400 bytes, says router ${router} (ICMPv6 packet too big)`,
    );
  });
});
