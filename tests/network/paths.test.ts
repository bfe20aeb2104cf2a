import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PortTally } from '../../services/load-probe/src/stats/port-classes.ts';
import { skipFor } from '../harness/skip-for.ts';
import { ECHO_PORT, FaultLab, type Flow, type LabOptions, nextHop, STAMP_PORT, TARGET } from './fault-lab.ts';
import type { FaultName } from './faults.ts';

const FIRST = 20_000;
const PORTS = Array.from({ length: 64 }, (_, index) => FIRST + index);
/** Which next hop is broken. */
const BROKEN = 1;
/** Samples a second of `paths`, and how long what it sends until a dead path is found may take at that. */
const DEFAULT_RATE = 500;
const DEAD_WITHIN_S = 9;
/** Of each fault that must name no port; 50 is what is promised. */
const RUNS = Number(process.env.PATHS_RUNS ?? 1);
const RUN_TIMEOUT_MS = 200_000;

const ECHO = `echo+udp://${TARGET.v4}:${ECHO_PORT}`;
const STAMP = `stamp+udp://${TARGET.v4}:${STAMP_PORT}`;
const TCP = `tcp://${TARGET.v4}:${ECHO_PORT}`;

/** A lab for the tests of a `describe`. */
class PathsLab {
  readonly #nextHops: number;
  #lab: FaultLab | undefined;

  constructor(nextHops: number, options: LabOptions = {}) {
    this.#nextHops = nextHops;
    beforeAll(async () => {
      this.#lab = new FaultLab({ nextHops, ...options });
      await this.lab.startEcho();
    });
    afterAll(() => this.#lab?.[Symbol.dispose]());
  }

  get lab(): FaultLab {
    return this.#lab!;
  }

  async paths(url: string, ...options: readonly string[]) {
    const { code, stdout } = await this.lab.run('paths', '--json', ...options, url);
    return { code, ...JSON.parse(stdout) };
  }

  /** The ports that the kernel sends by the broken next hop. */
  portsByBroken(flow: Omit<Flow, 'sourcePort'>): readonly number[] {
    const hops = this.lab.nextHopsOf(PORTS.map((sourcePort) => ({ ...flow, sourcePort })));
    return PORTS.filter((_, index) => hops[index] === BROKEN);
  }

  async findDead(url: string, flow: Omit<Flow, 'sourcePort'>): Promise<void> {
    this.lab.break('dead next hop', BROKEN);
    const truth = this.portsByBroken(flow);
    const found = await this.paths(url, '--max-bad-ports', '0');
    expect(found).toMatchObject({ code: 1, verdict: 'dead', bad: truth, unclear: [], classes: 2 });
    const { fraction, parting, ports, words } = found;
    expect(fraction.estimate).toBe(truth.length / PORTS.length);
    expect(fraction.low).toBeLessThan(1 / this.#nextHops);
    expect(fraction.high).toBeGreaterThan(1 / this.#nextHops);
    expect(words[0]).toMatch(/^about 1 of \d+ paths is dead: ports .* lose everything, the others nothing$/);
    const [good] = this.lab.nextHopsOf([{ ...flow, sourcePort: parting.goodPort }]);
    expect(parting).toMatchObject({ ttl: 2, good: nextHop(good!).v4, bad: nextHop(BROKEN).v4 });
    expect(sentBy(ports) / DEFAULT_RATE).toBeLessThan(DEAD_WITHIN_S);
  }

  /** With as many samples as a minute has at the usual rate. */
  async findLossy(): Promise<void> {
    this.lab.break('lossy next hop', BROKEN);
    const truth = this.portsByBroken({ protocol: 'udp' });
    const { bad, parting, unclear, verdict } = await this.paths(ECHO, '--rate', '2000', '--count', '460');
    expect(verdict).toBe('lossy');
    expect(truth).toEqual(expect.arrayContaining(bad));
    // A busy machine loses datagrams of all ports, after which a port may take longer to tell.
    expect([...bad, ...unclear]).toEqual(expect.arrayContaining([...truth]));
    expect(parting).toMatchObject({ ttl: 2, bad: nextHop(BROKEN).v4 });
  }
}

/** All samples of a result. */
function sentBy(ports: readonly PortTally[]): number {
  return ports.reduce((sum, { sent }) => sum + sent, 0);
}

describe.each([2, 8])('paths over %d parallel next hops', skipFor(FaultLab.problem()), (nextHops) => {
  const lab = new PathsLab(nextHops);

  it('should name each port over a dead one, and where the ways part', () =>
    lab.findDead(ECHO, { protocol: 'udp' }));

  it('should name each port over one that loses 5%', () => lab.findLossy());
});

describe('paths over 4 parallel next hops', skipFor(FaultLab.problem()), () => {
  const lab = new PathsLab(4);

  it.each([
    [ECHO, { protocol: 'udp' }],
    [STAMP, { protocol: 'udp', port: STAMP_PORT }],
    [TCP, { protocol: 'tcp' }],
  ] as const)('should name each port over a dead one, and where the ways part: %s', (url, flow) =>
    lab.findDead(url, flow),
  );

  it('should find a dead one over IPv6', async () => {
    lab.lab.break('dead next hop', BROKEN);
    const { parting, verdict } = await lab.paths(`echo+udp://[${TARGET.v6}]:${ECHO_PORT}`);
    expect({ verdict, hop: parting.bad }).toEqual({ verdict: 'dead', hop: nextHop(BROKEN).v6 });
  });

  it.each([
    ['none', /^(clean|uniform)$/],
    ['uniform loss', /^uniform$/],
    // It lets less than half of them pass.
    ['rate limiter', /^uniform$/],
    ['silent router', /^(clean|uniform)$/],
  ] satisfies [FaultName, RegExp][])(
    'should name no port where all lose alike: %s',
    async (fault, verdict) => {
      lab.lab.break(fault, BROKEN);
      for (let run = 0; run < RUNS; run += 1) {
        const found = await lab.paths(ECHO, '--count', '30');
        expect(found).toMatchObject({ code: 0, bad: [], unclear: [], parting: null });
        expect(found.verdict).toMatch(verdict);
      }
    },
    RUN_TIMEOUT_MS * RUNS,
  );

  it('should say over TCP that a NAT may hide a path', async () => {
    lab.lab.break('uniform loss');
    const { failures, untold, verdict, words } = await lab.paths(TCP, '--count', '8');
    // A SYN that is sent again would hide its loss, and its answer could come as the sample ends, which would take the port.
    expect(failures).toEqual([{ detail: 'no connection within 950 ms', count: expect.any(Number) }]);
    expect(untold.filter(({ detail }: { detail: string }) => detail.includes('taken'))).toEqual([]);
    expect({ verdict, words }).toEqual({
      verdict: 'uniform',
      words: expect.arrayContaining([expect.stringMatching(/^where a NAT .* looks like this$/)]),
    });
  });

  it('should say that a firewall may have refused in place of the target', async () => {
    lab.lab.break('reset TCP port');
    const { failures } = await lab.paths(TCP, '--count', '2');
    const detail = `nothing listens on ${TARGET.v4}:${ECHO_PORT}, or a firewall on the way says so in its place`;
    expect(failures[0].detail).toBe(`${detail} (RST, or ICMP port unreachable)`);
  });

  it('should name the ports that this host did not send from', async () => {
    const { client } = lab.lab;
    client.execute('nft', 'add table ip firewall');
    client.execute('nft', 'add chain ip firewall own { type filter hook output priority 0; }');
    client.execute('nft', 'add rule ip firewall own udp sport { 20003, 20005 } drop');
    try {
      const { untold, words } = await lab.paths(ECHO, '--count', '2');
      const detail = `a firewall of this host forbids sending to ${TARGET.v4}:${ECHO_PORT} (EPERM)`;
      expect(untold).toContainEqual({ detail, count: 4, ports: [20_003, 20_005] });
      expect(words).toContain(`4 samples of ports 20003 20005 left out: ${detail}`);
    } finally {
      client.execute('nft', 'delete table ip firewall');
    }
  });
});

describe('paths where replies take 4 parallel next hops too', skipFor(FaultLab.problem()), () => {
  const lab = new PathsLab(4, { repliesByNextHops: true });

  it('should blame no hop for a dead way back, because good ports go by the same hops', async () => {
    lab.lab.break('dead way back', BROKEN);
    const { bad, parting, verdict, words } = await lab.paths(ECHO);
    expect(verdict).toBe('dead');
    expect(bad.length).toBeGreaterThan(0);
    expect(parting).toBeNull();
    expect(words).toContainEqual(
      expect.stringMatching(/: good and bad ports both go by 198\.18\..* at hop 2, .* or on the way back$/),
    );
  });

  it('should name the hop of a dead one all the same', () => lab.findDead(ECHO, { protocol: 'udp' }));
});
