import { type JudgedPorts, judgePorts } from '../../stats/judge-ports.ts';
import { sentenceOf } from '../../stats/path-sentence.ts';
import { type PortTally, samplesToTell } from '../../stats/port-classes.ts';

/** Samples of a port that are kept. */
const KEPT = 64;
/** The chance that a mended path is found where none was mended. */
const MENDED_CHANCE = 1e-5;

/** What is known of the source ports of a sweep. */
export interface SweepReport extends Pick<JudgedPorts, 'verdict' | 'bad' | 'fraction'> {
  /** The verdict in words, without a capital and a full stop. */
  readonly sentence: string;
  /** The last samples of each port, those that the verdict comes from; ascending by port. */
  readonly ports: readonly PortTally[];
}

/** The last samples of each source port: whether they were lost, oldest first. */
export class SweepTally {
  readonly #ports = new Map<number, boolean[]>();

  add(port: number, isLost: boolean): void {
    const samples = this.#ports.get(port) ?? [];
    this.#ports.set(port, samples);
    samples.push(isLost);
    if (samples.length > KEPT) samples.shift();
  }

  /** Forgets a port that is not used any more. */
  drop(port: number): void {
    this.#ports.delete(port);
  }

  clear(): void {
    this.#ports.clear();
  }

  judge(): SweepReport {
    const all = this.#judge(KEPT);
    if (all.verdict === 'clean') return all;
    // Among all samples those from before would hide for long that a path has died.
    const recent = this.#judge(samplesToTell(this.#ports.size));
    if (recent.verdict === 'dead') return recent;
    const mended = this.#mended(all);
    if (mended === undefined) return all;
    this.#keep(mended);
    return this.#judge(mended);
  }

  /**
   * How many of the last samples of each port are from after the bad paths were mended; undefined where they were not:
   * since then the bad ports lost nothing, maybe after they had lost everything, and for chance these samples are too many.
   */
  #mended({ bad, ports }: SweepReport): number | undefined {
    if (bad.length === 0) return undefined;
    const all = sumOf(ports.filter(({ port }) => bad.includes(port)));
    const lostRatio = all.lost / all.sent;
    const recent = samplesToTell(ports.length);
    for (let last = 2; last < KEPT; last *= 2) {
      const since = sumOf(bad.map((port) => this.#tallyOf(port, last)));
      if (since.lost > 0) return undefined;
      const before = sumOf(bad.map((port) => this.#tallyOf(port, last + recent, last)));
      const chanceBefore = before.lost === before.sent ? lostRatio ** before.sent : 1;
      if (chanceBefore * (1 - lostRatio) ** since.sent <= MENDED_CHANCE) return last;
    }
    return undefined;
  }

  #keep(last: number): void {
    for (const samples of this.#ports.values()) samples.splice(0, samples.length - last);
  }

  #judge(last: number): SweepReport {
    const ports = [...this.#ports.keys()].sort((one, other) => one - other);
    const tallies = ports.map((port) => this.#tallyOf(port, last));
    const judged = judgePorts(tallies);
    const { verdict, bad, fraction } = judged;
    return { verdict, bad, fraction, sentence: sentenceOf(judged), ports: tallies };
  }

  /** @param but as many of the last samples are left out */
  #tallyOf(port: number, last: number, but = 0): PortTally {
    const all = this.#ports.get(port)!;
    const samples = all.slice(-last, Math.max(0, all.length - but));
    return { port, sent: samples.length, lost: samples.filter((isLost) => isLost).length };
  }
}

function sumOf(tallies: readonly PortTally[]): Pick<PortTally, 'sent' | 'lost'> {
  const sum = (of: (tally: PortTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return { sent: sum(({ sent }) => sent), lost: sum(({ lost }) => lost) };
}
