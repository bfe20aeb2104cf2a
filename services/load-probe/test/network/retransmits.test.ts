import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { createPath, type NetworkPath, SERVER } from './network-path.ts';

/** Of nft(8): the first of very many packets. */
const ONE = 'numgen inc mod 65536 0 drop';
const SYN = `ip daddr ${SERVER} tcp flags & (syn | ack) == syn ${ONE}`;
/** More than a segment without data has. */
const DATA = `ip daddr ${SERVER} meta length > 120 ${ONE}`;
const SERVER_MTU = 1_400;
/** Of a segment without data: IPv4, TCP, and TCP's timestamps. */
const HEADER_BYTES = 20 + 20 + 12;

describe('a segment that the path loses', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  let port: number;
  beforeAll(async () => {
    path = createPath({ serverMtu: SERVER_MTU });
    port = await path.startEcho();
  });
  afterAll(() => path[Symbol.dispose]());

  /** Checks the server once more where the probe was late itself. @param rules of nft(8) for the router */
  async function check(rules: readonly string[], args: readonly string[], scheme = 'echo+tcp') {
    for (;;) {
      path.filter('flush chain ip path forward');
      for (const rule of rules) path.filter(`add rule ip path forward ${rule}`);
      const url = `${scheme}://${SERVER}:${port}?timeout=30s${scheme === 'echo+tcp' ? '&size=200' : ''}`;
      const { stdout, stderr } = await path.run(['check', '--json', ...args, url]);
      if (stdout === '') throw new Error(stderr);
      const [target] = JSON.parse(stdout).targets;
      if (target.outcomes.prober_late === 0) return target;
    }
  }

  it.each([
    { flow: 'fresh', scheme: 'echo+tcp', count: 3 },
    { flow: 'sticky', scheme: 'echo+tcp', count: 1 },
    { flow: 'fresh', scheme: 'tcp', count: 3 },
  ])('should be counted and noted where it is the SYN: $scheme $flow', async ({ flow, scheme, count }) => {
    const { outcomes, rttMs, tcp } = await check([SYN], ['--count', `${count}`, '--flow', flow], scheme);
    expect(outcomes.ok).toBe(count);
    expect(tcp).toMatchObject({
      ...{ samples: count, retransmitted: 1, synRetransmitted: 1 },
      note: 'connected, but a SYN was lost, or its answer lost or late: 2 SYNs were sent',
    });
    // The kernel sends the second SYN after a second.
    expect(rttMs.max).toBeGreaterThan(900);
  });

  it.each([
    { flow: 'fresh', count: 3 },
    { flow: 'sticky', count: 1 },
  ])('should be counted and noted where it has data: $flow', async ({ flow, count }) => {
    const { outcomes, tcp } = await check([DATA], ['--count', `${count}`, '--flow', flow]);
    expect(outcomes.ok).toBe(count);
    expect(tcp).toMatchObject({
      ...{ samples: count, retransmitted: 1, synRetransmitted: 0 },
      note: expect.stringMatching(/^\d segments? retransmitted$/),
    });
  });

  it('should be told from a clean path, with the MSS of the path', async () => {
    const mss = SERVER_MTU - HEADER_BYTES;
    for (const flow of ['fresh', 'sticky']) {
      const { tcp } = await check([], ['--count', '3', '--flow', flow]);
      expect(tcp).toMatchObject({
        ...{ samples: 3, retransmitted: 0, synRetransmitted: 0, note: null },
        ...{ mss: { min: mss, max: mss }, ecn: { off: 3, negotiated: 0, seen: 0 } },
      });
      expect(tcp.rttMs.min).toBeGreaterThan(0);
    }
    const clamped = await check(['tcp flags syn tcp option maxseg size set 900'], ['--count', '1']);
    expect(clamped.tcp.mss).toEqual({ min: 888, max: 888 });
  });

  it('should be told from congestion that routers mark instead', async () => {
    const setEcn = (value: number) =>
      path.evaluate(`(await import('node:fs')).writeFileSync('/proc/sys/net/ipv4/tcp_ecn', '${value}')`);
    expect((await setEcn(1)).code).toBe(0);
    const { tcp } = await check([], ['--count', '1']);
    expect(tcp.ecn).toEqual({ off: 0, negotiated: 0, seen: 1 });
    expect((await check([], ['--count', '1'], 'tcp')).tcp.ecn).toEqual({ off: 0, negotiated: 1, seen: 0 });
  });
});
