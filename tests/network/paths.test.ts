import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { ECHO_PORT, FaultLab, type Flow, nextHop, STAMP_PORT, TARGET } from './fault-lab.ts';

const FIRST = 20_000;
const PORTS = Array.from({ length: 64 }, (_, index) => FIRST + index);
/** Which next hop is broken; the first port goes by another one. */
const BROKEN = 1;
const ECHO = `echo+udp://${TARGET.v4}:${ECHO_PORT}`;

describe.each([2, 4, 8])('paths over %d parallel next hops', skipFor(FaultLab.problem()), (nextHops) => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = new FaultLab({ nextHops });
    await lab.startEcho();
  });
  afterAll(() => lab[Symbol.dispose]());

  /** The ports that the kernel sends by the broken next hop. */
  function portsByBroken(flow: Omit<Flow, 'sourcePort'>): readonly number[] {
    const hops = lab.nextHopsOf(PORTS.map((sourcePort) => ({ ...flow, sourcePort })));
    return PORTS.filter((_, index) => hops[index] === BROKEN);
  }

  async function paths(url: string, ...options: readonly string[]) {
    const { code, stdout } = await lab.run('paths', '--json', ...options, url);
    return { code, ...JSON.parse(stdout) };
  }

  const urls: readonly [string, Omit<Flow, 'sourcePort'>][] = [
    [ECHO, { protocol: 'udp' }],
    [`stamp+udp://${TARGET.v4}:${STAMP_PORT}`, { protocol: 'udp', port: STAMP_PORT }],
    [`tcp://${TARGET.v4}:${ECHO_PORT}`, { protocol: 'tcp' }],
  ];
  it.each(nextHops === 4 ? urls : urls.slice(0, 1))(
    'should name each port over a dead one, and where the ways part: %s',
    async (url, flow) => {
      lab.break('dead next hop', BROKEN);
      const truth = portsByBroken(flow);
      const found = await paths(url, '--max-bad-ports', '0');
      expect(found).toMatchObject({ code: 1, verdict: 'dead', bad: truth, unclear: [], classes: 2 });
      const { fraction, parting, ports, words } = found;
      expect(ports.map(({ port }: { port: number }) => port)).toEqual(PORTS);
      expect(fraction.estimate).toBe(truth.length / PORTS.length);
      expect(fraction.low).toBeLessThan(1 / nextHops);
      expect(fraction.high).toBeGreaterThan(1 / nextHops);
      expect(words[0]).toMatch(
        /^about 1 of \d+ paths is dead: ports .* lose everything, the others nothing$/,
      );
      const [good] = lab.nextHopsOf([{ ...flow, sourcePort: parting.goodPort }]);
      expect(parting).toMatchObject({ ttl: 2, good: nextHop(good!).v4, bad: nextHop(BROKEN).v4 });
    },
  );
});
