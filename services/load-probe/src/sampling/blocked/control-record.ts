import type { Sample } from '../sampler.ts';

/** How many samples of the control before and after a sample may stand for it; the second one where the probe was late. */
const MAX_NEIGHBOURS = 2;

export interface ControlSchedule {
  /** Due time of its first sample, milliseconds of the clock. */
  readonly startMs: number;
  readonly intervalMs: number;
}

export type ControlState =
  | { readonly state: 'passed' | 'unmeasured' | 'unknown_yet' }
  | { readonly state: 'failed'; readonly detail: string };

const PASSED = { state: 'passed' } as const;
const UNMEASURED = { state: 'unmeasured' } as const;
const UNKNOWN_YET = { state: 'unknown_yet' } as const;

/** What became of the last samples of a control, by when they were due. */
export class ControlRecord {
  readonly #schedule: ControlSchedule;
  readonly #sinceMs: number;
  readonly #states = new Map<number, ControlState>();

  /** @param sinceMs when the record begins, milliseconds of the clock: earlier samples are not heard of */
  constructor(schedule: ControlSchedule, sinceMs: number) {
    this.#schedule = schedule;
    this.#sinceMs = sinceMs;
  }

  add({ detail, outcome, sequence }: Sample): void {
    this.#states.set(sequence, stateOf(outcome, detail));
  }

  /**
   * Whether the control passed both at a time or before and at that time or after. Its samples end in any order, so the
   * nearest ones are awaited.
   */
  around(dueMs: number): ControlState {
    const { intervalMs, startMs } = this.#schedule;
    const position = (dueMs - startMs) / intervalMs;
    const before = this.#nearest(Math.floor(position), -1);
    const after = this.#nearest(Math.ceil(position), 1);
    return [before, after].find(({ state }) => state === 'unknown_yet') ?? worse(before, after);
  }

  /** Forgets samples that no time from `dueMs` on needs. */
  forgetBefore(dueMs: number): void {
    const first = Math.floor((dueMs - this.#schedule.startMs) / this.#schedule.intervalMs) - MAX_NEIGHBOURS;
    for (const sequence of this.#states.keys()) if (sequence < first) this.#states.delete(sequence);
  }

  #nearest(first: number, step: 1 | -1): ControlState {
    for (let distance = 0; distance < MAX_NEIGHBOURS; distance += 1) {
      const state = this.#stateOf(first + step * distance);
      if (state.state !== 'unmeasured') return state;
    }
    return UNMEASURED;
  }

  #stateOf(sequence: number): ControlState {
    const known = this.#states.get(sequence);
    if (known) return known;
    const { intervalMs, startMs } = this.#schedule;
    return sequence < 0 || startMs + sequence * intervalMs < this.#sinceMs ? UNMEASURED : UNKNOWN_YET;
  }
}

function stateOf(outcome: Sample['outcome'], detail: string): ControlState {
  if (outcome === 'ok') return PASSED;
  return outcome === 'prober_late' ? UNMEASURED : { state: 'failed', detail: `${outcome}: ${detail}` };
}

function worse(one: ControlState, other: ControlState): ControlState {
  return [one, other].find(({ state }) => state === 'failed') ?? (one.state === 'unmeasured' ? one : other);
}
