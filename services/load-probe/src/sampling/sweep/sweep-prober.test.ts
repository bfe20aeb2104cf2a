import { readAddress } from '@echo-daytime/addresses';
import { describe, expect, it } from 'vitest';
import type { Outcome, SampleResult } from '../outcome.ts';
import type { Attempt, Reading } from '../sample.ts';
import { SourcePorts } from './source-ports.ts';
import { SweepProber } from './sweep-prober.ts';
import type { SweepReport } from './sweep-tally.ts';

const READY = 2;
const RESTING = 6;
const PORTS = READY + RESTING;
const ok: SampleResult = { outcome: 'ok' };
const taken: SampleResult = { outcome: 'prober_late', detail: 'it is taken', isPortTaken: true };
const attempt = {} as Attempt;

/** A sweep whose flows end as a test says. */
class Sweep {
  readonly ports: (number | undefined)[] = [];
  report: SweepReport | undefined;
  readonly #prober: SweepProber;

  constructor(flow: (attempt: Attempt) => Partial<Reading>, ports = new SourcePorts(READY, RESTING)) {
    this.#prober = new SweepProber({
      ports,
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

  /** Of all ports together, by the last report. */
  get lost(): string | undefined {
    const { ports } = this.report ?? {};
    const sum = (name: 'lost' | 'sent') => ports?.reduce((total, tally) => total + tally[name], 0);
    return ports && `${sum('lost')} of ${sum('sent')}`;
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
  it('should use each port again and again, in another order each time, after a rest', async () => {
    const sweep = new Sweep(() => ({}));
    for (let round = 0; round < 50; round += 1) await sweep.round();
    const { ports } = sweep;
    expect(new Set(ports).size).toBe(PORTS);
    for (const [index, port] of ports.entries()) {
      expect(ports.slice(index + 1, index + 1 + RESTING)).not.toContain(port);
    }
    const nextOf = (port: number | undefined) => ports.filter((_, index) => ports[index - 1] === port);
    expect(new Set(nextOf(ports[0])).size).toBeGreaterThan(1);
  });

  it('should not use a port before its flow is closed', async () => {
    const duplicates = Promise.withResolvers<number>();
    const sweep = new Sweep(({ localPort }) =>
      localPort === sweep.ports[0] ? { duplicates: duplicates.promise } : {},
    );
    for (let round = 0; round < 4; round += 1) await sweep.round();
    const [first] = sweep.ports;
    expect(sweep.ports.lastIndexOf(first)).toBe(0);
    duplicates.resolve(0);
    for (let round = 0; round < 4; round += 1) await sweep.round();
    expect(sweep.ports.lastIndexOf(first)).toBeGreaterThan(4 * PORTS);
  });

  it('should take a sample all the same where every port has one', async () => {
    const never = new Promise<number>(() => {});
    const sweep = new Sweep(() => ({ duplicates: never }));
    await sweep.round();
    expect(await sweep.probe()).toMatchObject({ result: ok });
    expect(sweep.ports.at(-1)).toBeUndefined();
  });

  it('should replace a port that is taken, for the same sample', async () => {
    let isTaken = false;
    const sweep = new Sweep(() => {
      const result = isTaken ? taken : ok;
      isTaken = false;
      return { result };
    });
    for (let round = 0; round < 4; round += 1) await sweep.round();
    const known = new Set(sweep.ports);
    isTaken = true;
    expect((await sweep.probe()).result).toBe(ok);
    const [tried, replaced] = sweep.ports.slice(4 * PORTS);
    expect([known.has(tried), known.has(replaced)]).toEqual([true, false]);
    for (let round = 0; round < 4; round += 1) await sweep.round();
    const ports = sweep.report?.ports.map(({ port }) => port);
    expect([ports?.includes(tried!), ports?.includes(replaced!)]).toEqual([false, true]);
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
      return sweep.lost;
    };
    for (const outcome of ['ok', 'late'] as const) expect(await lostOf(outcome)).toBe('0 of 8');
    expect(await lostOf('ok', { tcp })).toBe('8 of 8');
    for (const outcome of ['lost', 'corrupt', 'connect_timeout', 'unreachable'] as const) {
      expect(await lostOf(outcome)).toBe('8 of 8');
    }
    for (const outcome of ['prober_late', 'dns'] as const) expect(await lostOf(outcome)).toBeUndefined();
  });

  it('should name no port where loss comes regularly, once in a round of the ports', async () => {
    const lost: SampleResult = { outcome: 'lost', detail: '' };
    const sweep = new Sweep(
      () => ({ result: sweep.ports.length % 64 < 12 ? lost : ok }),
      new SourcePorts(40, 24),
    );
    while (sweep.ports.length < 30 * 64) {
      await sweep.round();
      expect(sweep.report?.bad).toEqual([]);
    }
    expect(sweep.report?.verdict).toBe('uniform');
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
    expect(sweep.lost).toBe('0 of 16');
    addresses = [other!];
    await sweep.round();
    expect(picked.at(-1)).toBe(other);
    expect(sweep.lost).toBe('0 of 8');
  });
});
