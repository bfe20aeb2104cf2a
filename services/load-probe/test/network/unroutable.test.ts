import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { RejectingRouter } from './rejecting-router.ts';

/** Without the flags of the other engine. */
const NODE_DGRAM = [process.execPath, '--disable-warning=ExperimentalWarning'];
/** Ports that the router forbids, by the type of its ICMP message. */
const PORTS = { 'net-prohibited': 9009, 'host-prohibited': 9010, 'admin-prohibited': 9013 };
const FORBIDDEN = 'ICMP: administratively prohibited';

describe('an unreachable address', skipFor(Namespace.problem()), () => {
  let router: RejectingRouter;

  beforeAll(() => {
    router = new RejectingRouter([
      ...Object.entries(PORTS).map(
        ([type, port]) => `ip version 4 th dport ${port} reject with icmp type ${type}`,
      ),
      // A router that does not know the host.
      'ip version 4 th dport 7 reject with icmp type host-unreachable',
      'ip6 nexthdr { tcp, udp } reject with icmpv6 type admin-prohibited',
    ]);
    router.routeHere('unreachable', '198.51.100.0/25');
    router.routeHere('prohibit', '198.51.100.128/25');
  });
  afterAll(() => router[Symbol.dispose]());

  const samplesOf = (...urls: readonly string[]) => router.samplesOf(urls, NODE_DGRAM);

  /** @param words expected detail of the last sample */
  async function expectUnreachable(urls: readonly string[], words: (peer: string) => string): Promise<void> {
    const samples = await samplesOf(...urls);
    for (const [index, url] of urls.entries()) {
      const peer = /\/\/([^?]*)/.exec(url)?.[1] ?? '';
      expect(samples[index], url).toEqual({ outcome: 'unreachable', detail: words(peer) });
    }
  }

  it('should be unreachable without a route', async () => {
    const urls = ['echo+tcp', 'echo+udp', 'session+tcp', 'tcp'].flatMap((scheme) => [
      `${scheme}://100.64.0.7:7`,
      `${scheme}://[2001:db8:2::7]:7`,
    ]);
    await expectUnreachable(urls, (peer) => `there is no route to the network of ${peer} (ENETUNREACH)`);
  });

  it('should be unreachable by an unreachable or prohibit route of this host', async () => {
    await expectUnreachable(
      ['echo+tcp', 'echo+udp', 'daytime+udp'].map((scheme) => `${scheme}://198.51.100.7:7`),
      (peer) => `a route of this host says that there is no way to ${peer} (EHOSTUNREACH)`,
    );
    await expectUnreachable(
      ['echo+tcp', 'echo+udp', 'tcp'].map((scheme) => `${scheme}://198.51.100.200:7`),
      (peer) => `a route of this host forbids sending to ${peer}, or it is a broadcast address (EACCES)`,
    );
  });

  it.each(['fresh', 'sticky'])(
    'should name a firewall that forbids the traffic, over UDP: %s',
    async (flow) => {
      const samples = await samplesOf(
        ...Object.values(PORTS).map((port) => `echo+udp://203.0.113.77:${port}?flow=${flow}`),
        `echo+udp://[2001:db8:3::7]:7?flow=${flow}`,
      );
      for (const { outcome, detail } of samples) {
        expect(detail).toContain(`a firewall or a router on the way forbids the traffic to `);
        expect(detail).toContain(FORBIDDEN);
        expect(outcome).toBe('unreachable');
      }
    },
  );

  it('should name a firewall as a possible cause over TCP, where the system does not say', async () => {
    const either = (words: string) => `${words}: the system does not tell which`;
    const [net, ...samples] = await samplesOf(
      ...Object.values(PORTS).map((port) => `echo+tcp://203.0.113.77:${port}`),
      'tcp://203.0.113.77:7',
      'tcp://192.0.2.7:7?timeout=15s',
      'tcp://[2001:db8:1::7]:7?timeout=15s',
    );
    expect(net).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringContaining(
        either('a router has no route to the network of 203.0.113.77:9009, or a firewall forbids it'),
      ),
    });
    for (const sample of samples) {
      expect(sample).toMatchObject({
        outcome: 'unreachable',
        detail: expect.stringMatching(
          /^there is no way to the host of \S+, or a firewall on the way forbids it: the system does not tell which \(EHOSTUNREACH\)$/,
        ),
      });
    }
    expect(await samplesOf('echo+tcp://[2001:db8:3::7]:7')).toMatchObject([
      { outcome: 'unreachable', detail: expect.stringContaining(FORBIDDEN) },
    ]);
  });

  // Linux does not report ICMP errors that may be temporary to a UDP socket (icmp_err_convert, "fatal": 0).
  it('should be lost over UDP when a router does not know the host', async () => {
    const url = 'echo+udp://203.0.113.77:7?timeout=100ms';
    expect(await samplesOf(url, `${url}&flow=sticky`)).toMatchObject([
      { outcome: 'lost' },
      { outcome: 'lost' },
    ]);
  });
});
