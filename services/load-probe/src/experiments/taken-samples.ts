import type { Losses } from '@echo-daytime/diagnosis';
import type { FlowFailure } from '../net/failure.ts';
import type { SynReport } from '../net/syn-changes.ts';
import type { Sample } from '../sampling/sampler.ts';
import type { LossDirection } from '../sampling/sticky/loss-direction.ts';

/** A sample that measured the target. */
export interface TakenSample {
  readonly sample: Sample;
  readonly failure?: FlowFailure;
  /** From the due time to the failure, milliseconds. */
  readonly failedAfterMs?: number;
}

/** What became of some samples of one series. */
export interface Taken {
  readonly intervalMs: number;
  /** In the order in which they ended. */
  readonly samples: TakenSample[];
  /** How many the probe itself delayed. They are not among the samples. */
  late: number;
  duplicates: number;
  reordered: number;
  readonly directions: LossDirection[];
  readonly syns: SynReport[];
}

/** Whether an answer came, right or wrong, in time or not. */
export function isAnswered({ sample: { outcome } }: TakenSample): boolean {
  return ['ok', 'late', 'corrupt', 'truncated', 'malformed'].includes(outcome);
}

/** Whether a packet of the sample was lost: over TCP a segment that was sent again shows it. */
export function isLost(taken: TakenSample): boolean {
  return !isAnswered(taken) || (taken.sample.tcp?.retransmits ?? 0) > 0;
}

/** A segment that is sent again takes so long at least (tcp(7)); samples of the same flow meanwhile share it. Milliseconds. */
const RETRANSMIT_MS = 200;

/** How many samples lost a packet. Of those on a flow that many share, as many as there were retransmits about. */
export function lossesOf({ intervalMs, samples }: Taken, isShared = false): Losses {
  const of = samples.length;
  if (!isShared) return { lost: samples.filter(isLost).length, of };
  const inOrder = [...samples].sort((one, other) => one.sample.sequence - other.sample.sequence);
  let lost = inOrder.filter((taken) => !isAnswered(taken)).length;
  let run = 0;
  for (const taken of [...inOrder, undefined]) {
    if (taken && isAnswered(taken) && isLost(taken)) run += 1;
    else {
      lost += Math.ceil((run * intervalMs) / RETRANSMIT_MS);
      run = 0;
    }
  }
  return { lost: Math.min(lost, of), of };
}

/** `3 of 40` */
export function lossWords({ lost, of }: Losses): string {
  return `${lost} of ${of}`;
}

/** The median of the round trips, on the wire where it is known; undefined without one. Milliseconds. */
export function medianMs({ samples }: Pick<Taken, 'samples'>): number | undefined {
  return median(samples.flatMap(({ sample }) => sample.wireRttMs ?? sample.rttMs ?? []));
}

export function median(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}
