import { readAddress } from '@echo-daytime/addresses';
import { describe, expect, it } from 'vitest';
import type { Outcome, SampleResult } from '../outcome.ts';
import type { Attempt, Reading } from '../sample.ts';
import { SourcePorts } from './source-ports.ts';
import { SweepProber } from './sweep-prober.ts';
import type { SweepReport } from './sweep-tally.ts';

const PORTS = 8;
const ok: SampleResult = { outcome: 'ok' };
const taken: SampleResult = { outcome: 'prober_late', detail: 'it is taken', isPortTaken: true };
const attempt = {} as Attempt;

/** A sweep whose flows end as a test says. */
class Sweep {
  readonly ports: (number | undefined)[] = [];
  report: SweepReport | undefined;
  readonly #prober: SweepProber;

  constructor(flow: (attempt: Attempt) => Partial<Reading>) {
    this.#prober = new SweepProber({
      ports: new SourcePorts(PORTS),
      events: {
        duplicate() {},
        died() {},
        swept: (report) => {
          this.report = report;
        },
      },
      fresh: async (attempt) => {
        this.ports.push(attempt.localPort);
        return { result: ok, endMs: 0, phases: {}, ...flow(attempt) };
      },
    });
  }

  probe(): Promise<Reading> {
    return this.#prober.probe(attempt);
  }

  /** As many rounds as it takes until the ports are judged, one sample after the other. */
  async round(outcome?: Outcome): Promise<void> {
    for (let index = 0; index < PORTS; index += 1) {
      const { judged, result } = await this.probe();
      judged?.(outcome ?? result.outcome);
      // The port is given back after its flow is closed.
      await new Promise(setImmediate);
    }
  }
}

describe('SweepProber', () => {
  it('should use each port again and again, and none for two samples at a time', async () => {
    const duplicates = Promise.withResolvers<number>();
    const sweep = new Sweep(({ localPort }) =>
      localPort === sweep.ports[0] ? { duplicates: duplicates.promise } : {},
    );
    await sweep.round();
    const first = [...sweep.ports];
    expect(new Set(first).size).toBe(PORTS);
    await sweep.round();
    expect(sweep.ports.slice(PORTS)).toEqual([...first.slice(1), first[1]]);
    duplicates.resolve(0);
    await sweep.round();
    expect(sweep.ports.slice(2 * PORTS)).toEqual([...first.slice(2), ...first.slice(0, 2)]);
  });

  it('should take a sample all the same where every port has one', async () => {
    const never = new Promise<number>(() => {});
    const sweep = new Sweep(() => ({ duplicates: never }));
    await sweep.round();
    expect(await sweep.probe()).toMatchObject({ result: ok });
    expect(sweep.ports.at(-1)).toBeUndefined();
  });

  it('should replace a port that is taken, for the same sample', async () => {
    let free: number | undefined;
    const sweep = new Sweep(({ localPort }) => ({ result: localPort === free ? taken : ok }));
    await sweep.round();
    free = sweep.ports[0];
    expect((await sweep.probe()).result).toBe(ok);
    const [tried, replaced] = sweep.ports.slice(PORTS);
    expect([tried, replaced]).toEqual([free, expect.any(Number)]);
    expect(sweep.ports.slice(0, PORTS)).not.toContain(replaced);
    await sweep.round();
    expect(sweep.report?.ports.map(({ port }) => port)).toContain(replaced);
    expect(sweep.report?.ports.map(({ port }) => port)).not.toContain(free);
  });

  it('should give up where port after port is taken', async () => {
    const sweep = new Sweep(() => ({ result: taken }));
    expect((await sweep.probe()).result).toBe(taken);
    expect(new Set(sweep.ports).size).toBe(3);
  });

  it('should count as lost what did not come back or was sent again, and not what the probe is to blame for', async () => {
    const tcp = { retransmits: 1, synRetransmits: 0, connection: undefined };
    const lostOf = async (outcome: Outcome, reading: Partial<Reading> = {}): Promise<unknown> => {
      const sweep = new Sweep(() => reading);
      await sweep.round(outcome);
      return sweep.report?.ports.map(({ lost, sent }) => `${lost} of ${sent}`).find(Boolean);
    };
    for (const outcome of ['ok', 'late'] as const) expect(await lostOf(outcome)).toBe('0 of 1');
    expect(await lostOf('ok', { tcp })).toBe('1 of 1');
    for (const outcome of ['lost', 'corrupt', 'connect_timeout', 'unreachable'] as const) {
      expect(await lostOf(outcome)).toBe('1 of 1');
    }
    for (const outcome of ['prober_late', 'dns'] as const) expect(await lostOf(outcome)).toBeUndefined();
  });

  it('should stay with an address as long as there is it, and begin anew with another', async () => {
    const [one, other] = ['192.0.2.7', '192.0.2.8'].map((text) => readAddress(text)!);
    let addresses = [one!, other!];
    const picked: unknown[] = [];
    const sweep = new Sweep(({ pickAddress }) => {
      picked.push(pickAddress?.(addresses));
      return {};
    });
    await sweep.round();
    addresses = [other!, one!];
    await sweep.round();
    expect(new Set(picked)).toEqual(new Set([one]));
    expect(sweep.report?.ports[0]).toMatchObject({ sent: 2 });
    addresses = [other!];
    await sweep.round();
    expect(picked.at(-1)).toBe(other);
    expect(sweep.report?.ports[0]).toMatchObject({ sent: 1 });
  });
});
