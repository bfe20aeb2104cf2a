import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { NODE } from '../../../../tests/harness/main-module.ts';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { REJECTED, RejectingRouter, ROUTER } from './rejecting-router.ts';

/** By `reject with` of nft(8): the port, and the outcome and detail of a sample. */
const messages = {
  v4: {
    'net-unreachable': [9000, 'unreachable', 'no route to the network of', 'ICMP network unreachable'],
    'host-unreachable': [9001, 'unreachable', 'no route to the host of', 'ICMP host unreachable'],
    'prot-unreachable': [9002, 'unreachable', 'the host of', 'ICMP protocol unreachable'],
    'port-unreachable': [9003, 'refused', 'nothing listens on', 'ICMP port unreachable'],
    'net-prohibited': [9009, 'unreachable', 'the traffic to', 'ICMP network administratively prohibited'],
    'host-prohibited': [9010, 'unreachable', 'the traffic to', 'ICMP host administratively prohibited'],
    'admin-prohibited': [
      9013,
      'unreachable',
      'the traffic to',
      'ICMP communication administratively prohibited',
    ],
  },
  v6: {
    'no-route': [9000, 'unreachable', 'no route to the network of', 'ICMPv6 no route to destination'],
    'admin-prohibited': [
      9001,
      'unreachable',
      'the traffic to',
      'ICMPv6 communication administratively prohibited',
    ],
    'addr-unreachable': [9003, 'unreachable', 'no route to the host of', 'ICMPv6 address unreachable'],
    'port-unreachable': [9004, 'refused', 'nothing listens on', 'ICMPv6 port unreachable'],
    'policy-fail': [
      9005,
      'unreachable',
      'the traffic to',
      'ICMPv6 source address failed ingress/egress policy',
    ],
    'reject-route': [9006, 'unreachable', 'the traffic to', 'ICMPv6 reject route to destination'],
  },
} as const;

/** Only the error queue of the kernel shows which router sent an ICMP message. */
describe('an ICMP message to a datagram', skipFor(Namespace.problem()), () => {
  let router: RejectingRouter;

  beforeAll(() => {
    router = new RejectingRouter(
      (['v4', 'v6'] as const).flatMap((family) =>
        Object.entries(messages[family]).map(([type, [port]]) =>
          family === 'v4'
            ? `ip daddr ${REJECTED.v4} udp dport ${port} reject with icmp type ${type}`
            : `ip6 daddr ${REJECTED.v6} udp dport ${port} reject with icmpv6 type ${type}`,
        ),
      ),
    );
    router.routeHere('default', 'via', ROUTER.v4);
    router.routeHere('default', 'via', ROUTER.v6);
    // Datagrams whose TTL ends at the router.
    router.routeHere('198.51.100.0/24', 'via', ROUTER.v4, 'hoplimit', '1');
    router.routeHere('2001:db8:5::/64', 'via', ROUTER.v6, 'hoplimit', '1');
    for (const network of ['198.51.100.0/24', '2001:db8:5::/64']) router.routeThere(network);
  });
  afterAll(() => router[Symbol.dispose]());

  /** @param node with the flags of both engines, or of node:dgram only */
  const samplesOf = (urls: readonly string[], node: readonly string[] = NODE) => router.samplesOf(urls, node);

  /** The same, taken again where a message got lost: a kernel that is busy with another one sends none. */
  function reportedSamplesOf(urls: readonly string[]): ReturnType<typeof samplesOf> {
    return eventually(async () => {
      const samples = await samplesOf(urls);
      expect(samples.map(({ outcome }) => outcome)).not.toContain('lost');
      return samples;
    });
  }

  it.each(['fresh', 'sticky'])('should give the outcome and the router: %s', async (flow) => {
    for (const [family, host] of [
      ['v4', REJECTED.v4],
      ['v6', `[${REJECTED.v6}]`],
    ] as const) {
      const rows = Object.values(messages[family]);
      const samples = await reportedSamplesOf(
        rows.map(([port]) => `echo+udp://${host}:${port}?flow=${flow}`),
      );
      for (const [index, [port, outcome, words, message]] of rows.entries()) {
        const { detail, ...sample } = samples[index]!;
        expect(sample, message).toEqual({ outcome });
        expect(detail).toMatch(`${words} ${host}:${port}`);
        expect(detail).toMatch(`, says router ${ROUTER[family]} (${message})`);
      }
    }
  });

  it.each(['fresh', 'sticky'])('should report a datagram whose TTL is exceeded: %s', async (flow) => {
    const loop = 'has more hops than a datagram may take, which is what a routing loop looks like';
    const [v4, v6] = await reportedSamplesOf([
      `echo+udp://198.51.100.7:7?flow=${flow}`,
      `echo+udp://[2001:db8:5::7]:7?flow=${flow}`,
    ]);
    expect(v4).toEqual({
      outcome: 'unreachable',
      detail: `the way to 198.51.100.7:7 ${loop}, says router ${ROUTER.v4} (ICMP time to live exceeded in transit)`,
    });
    expect(v6).toEqual({
      outcome: 'unreachable',
      detail: `the way to [2001:db8:5::7]:7 ${loop}, says router ${ROUTER.v6} (ICMPv6 hop limit exceeded in transit)`,
    });
  });

  it('should name the router without a route, and the router that does not find the host on its link', async () => {
    const [noRoute, noRouteV6, noHost, noHostV6, ownLink, ownLinkV6] = await reportedSamplesOf(
      [
        'echo+udp://100.64.0.7:7',
        'echo+udp://[2001:db8:2::7]:7',
        'echo+udp://203.0.113.78:7',
        'echo+udp://[2001:db8:3::8]:7',
        'echo+udp://192.0.2.7:7',
        'echo+udp://[2001:db8:1::7]:7',
      ].map((url) => `${url}?timeout=15s`),
    );
    const sample = (detail: string) => ({ outcome: 'unreachable', detail });
    expect(noRoute).toEqual(
      sample(`no route to the network of 100.64.0.7:7, says router ${ROUTER.v4} (ICMP network unreachable)`),
    );
    expect(noRouteV6).toEqual(
      sample(
        `no route to the network of [2001:db8:2::7]:7, says router ${ROUTER.v6} (ICMPv6 no route to destination)`,
      ),
    );
    expect(noHost).toEqual(
      sample(`no route to the host of 203.0.113.78:7, says router ${ROUTER.v4} (ICMP host unreachable)`),
    );
    expect(noHostV6).toEqual(
      sample(
        `no route to the host of [2001:db8:3::8]:7, says router ${ROUTER.v6} (ICMPv6 address unreachable)`,
      ),
    );
    const own = "on this host's own link";
    expect(ownLink).toEqual(
      sample(`no host has the address of 192.0.2.7:7 ${own} (ICMP host unreachable, of this host itself)`),
    );
    expect(ownLinkV6).toEqual(
      sample(
        `no host has the address of [2001:db8:1::7]:7 ${own} (ICMPv6 address unreachable, of this host itself)`,
      ),
    );
  });

  it('should name no router where the host itself refuses, by address of each family and by zone', async () => {
    const hosts = [ROUTER.v4, `[::ffff:${ROUTER.v4}]`, `[${ROUTER.v6}]`, '[fe80::5:1%here]'];
    const urls = hosts.map((host) => `echo+udp://${host}:9`);
    for (const [index, sample] of (await samplesOf(urls)).entries()) {
      expect(sample, urls[index]).toEqual({
        outcome: 'refused',
        detail: expect.stringMatching(/^nothing listens on \S+:9 \(ECONNREFUSED\)$/),
      });
    }
  });

  it('should not be guessed at by node:dgram', async () => {
    const plain = [process.execPath, '--disable-warning=ExperimentalWarning'];
    const samples = await samplesOf(
      [9001, 9003].map((port) => `echo+udp://${REJECTED.v4}:${port}?timeout=100ms`),
      plain,
    );
    expect(samples).toEqual([
      { outcome: 'lost', detail: `no answer from ${REJECTED.v4}:9001 within 1100 ms` },
      { outcome: 'refused', detail: `nothing listens on ${REJECTED.v4}:9003 (ECONNREFUSED)` },
    ]);
  });
});
