import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProgram } from '../../services/load-probe/test/program.ts';
import { eventually } from '../harness/eventually.ts';
import { type HaProxy, startHaProxy } from '../harness/haproxy.ts';
import { programProblem } from '../harness/programs.ts';
import { skipFor } from '../harness/skip-for.ts';
import { Replica } from './replica.ts';

/** On a busy machine no sample times out, and any share of them may be late. */
const OPTIONS = '--json --interval 20ms --timeout 1m --warm-up 0s --settle 300ms --min-measured 0%'.split(
  ' ',
);
const NO_DRAIN = { DRAIN_DELAY: '0s' };
const CLEAN_EXIT = { code: 0, signal: null };

interface FlowReport {
  readonly id: string;
  readonly outcomes: { readonly [outcome: string]: number };
  readonly lostCount: number;
  readonly causes: readonly { readonly outcome: string; readonly detail: string; readonly count: number }[];
  readonly longestGap: { readonly ms: number; readonly isOpen: boolean };
  readonly deaths: { readonly [cause: string]: number };
}

interface Report {
  readonly code: number | null;
  readonly held: boolean;
  readonly fresh: FlowReport;
  readonly old: FlowReport;
}

describe(
  'during, around what happens to a replica behind HAProxy',
  skipFor(programProblem('haproxy')),
  () => {
    const stack = new AsyncDisposableStack();
    let replica: Replica;
    let proxy: HaProxy<'fresh' | 'old'>;

    beforeAll(async () => {
      const start = async (): Promise<Replica> => stack.use(await Replica.start('echo'));
      const [one, other] = await Promise.all([start(), start()]);
      replica = one!;
      const servers = { one: one!.server('PORT'), other: other!.server('PORT') };
      // Nor may HAProxy make up for what a replica refuses.
      const route = { servers, settings: ['option httpchk GET /readyz', 'retries 0'] };
      proxy = stack.use(await startHaProxy({ fresh: route, old: route }));
    });
    afterAll(() => stack.disposeAsync());

    /** Runs `during` around something that the test does: its command waits for the test. */
    async function during(work: () => Promise<void>): Promise<Report & { readonly refused: number }> {
      const earlier = proxy.sessions('fresh').length;
      const child = startProgram([
        'during',
        ...OPTIONS,
        `echo+tcp://127.0.0.1:${proxy.ports.fresh}?name=fresh&flow=fresh`,
        `echo+tcp://127.0.0.1:${proxy.ports.old}?name=old&flow=sticky`,
        ...['--', 'sh', '-c', 'echo began; exec cat >&2'],
      ]);
      const closed = once(child, 'close') as Promise<[number | null]>;
      const printed = text(child.stdout!);
      await once(child.stdout!, 'data');
      await work();
      child.stdin!.end();
      const [code] = await closed;
      const said = await printed;
      const { held, targets } = JSON.parse(said.slice(said.indexOf('{')));
      const [fresh, old] = targets as FlowReport[];
      // Without those that were not sent, each sample is a connection, which HAProxy logs at its end.
      const { prober_late: _, ...sent } = fresh!.outcomes;
      const samples = Object.values(sent).reduce((sum, count) => sum + count, 0);
      const sessions = await eventually(() => {
        const all = proxy.sessions('fresh').slice(earlier);
        expect(all.length).toBeGreaterThanOrEqual(samples);
        return all;
      });
      const refused = sessions.filter(({ returned }) => returned === 0).length;
      return { code, held, fresh: fresh!, old: old!, refused };
    }

    const isUp = (up: boolean): Promise<void> =>
      eventually(async () => expect(await proxy.isUp('fresh', 'one')).toBe(up));

    it('should find nothing lost when it is replaced with a drain', async () => {
      const { code, fresh, held, old, refused } = await during(async () => {
        expect(await replica.replace(NO_DRAIN)).toEqual(CLEAN_EXIT);
        await isUp(true);
      });
      expect({ lost: fresh.lostCount, causes: fresh.causes, refused }).toEqual({
        lost: 0,
        causes: [],
        refused: 0,
      });
      // What was asked while the FIN was on its way has no answer: on TCP there is no other way to say goodbye.
      expect(old.causes.filter(({ outcome }) => outcome !== 'closed')).toEqual([]);
      expect(held).toBe(old.lostCount === 0);
      expect(code).toBe(held ? 0 : 1);
      expect(Object.keys(old.deaths).filter((cause) => cause !== 'fin')).toEqual([]);
    });

    it.each([
      ['is replaced without a drain', () => replica.replace(NO_DRAIN), true],
      ['is killed', () => replica.kill(), false],
    ])('should find what new flows lost when it %s, as HAProxy counts it', async (_, end, isUpThen) => {
      await isUp(true);
      const { code, fresh, held, refused } = await during(async () => {
        await end();
        await isUp(isUpThen);
      });
      expect({ code, held }).toEqual({ code: 1, held: false });
      expect(refused).toBeGreaterThan(0);
      expect(fresh.lostCount).toBe(refused);
      expect(fresh.causes.reduce((sum, { count }) => sum + count, 0)).toBe(refused);
      for (const { outcome } of fresh.causes) expect(['closed', 'reset']).toContain(outcome);
      expect(fresh.longestGap).toMatchObject({ isOpen: false });
    });
  },
);
