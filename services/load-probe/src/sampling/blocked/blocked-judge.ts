import { ms } from '../../stats/format.ts';
import type { Target } from '../../targets/target.ts';
import type { blockedOutcomes } from '../outcome.ts';
import type { Sample, SampleObserver } from '../sampler.ts';
import { ControlRecord, type ControlSchedule } from './control-record.ts';
import { whatPassed } from './what-passed.ts';

export interface JudgeOptions {
  readonly target: Target;
  /** The id of the control. */
  readonly controlId: string;
  readonly control: ControlSchedule;
  /** Due time of the first sample, and the time now, milliseconds of the clock. */
  readonly startMs: number;
  readonly nowMs: number;
  /** Receives the judged samples. */
  readonly observer: Pick<SampleObserver, 'abandoned' | 'sample'>;
}

/**
 * Judges the samples of a target that must be blocked. That nothing got through proves something only while the control
 * passes: the nearest samples of the control, before and after, are awaited. Samples are passed on in order.
 */
export class BlockedJudge {
  readonly #options: JudgeOptions;
  readonly #record: ControlRecord;
  /** Samples that wait for the control or for an earlier sample, by sequence. */
  readonly #waiting = new Map<number, Sample>();
  #next = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#record = new ControlRecord(options.control, options.nowMs);
  }

  /** Takes a sample of the target, as it would be without the control. */
  add(sample: Sample): void {
    this.#waiting.set(sample.sequence, sample);
    this.#judgeAll();
  }

  /** Takes a sample of the control. */
  readonly hear = (sample: Sample): void => {
    this.#record.add(sample);
    this.#judgeAll();
  };

  /** Judges what waits for samples of the control that will not come. */
  close(): void {
    const waiting = [...this.#waiting.values()].sort((one, other) => one.sequence - other.sequence);
    this.#waiting.clear();
    for (const sample of waiting) this.#pass(this.#judged(sample) ?? this.#unmeasured(sample));
  }

  /** Drops what waits: the probe was stopped. */
  abandon(nowMs: number): void {
    for (const { sequence } of this.#waiting.values()) {
      this.#options.observer.abandoned?.({
        sequence,
        ageMs: nowMs - this.#dueOf(sequence),
        isOverdue: false,
      });
    }
    this.#waiting.clear();
  }

  #judgeAll(): void {
    for (;;) {
      const sample = this.#waiting.get(this.#next);
      const judged = sample && this.#judged(sample);
      if (!judged) break;
      this.#waiting.delete(this.#next);
      this.#next += 1;
      this.#pass(judged);
    }
    this.#record.forgetBefore(this.#dueOf(this.#next));
  }

  /** Undefined while the control is not known yet. */
  #judged(sample: Sample): Sample | undefined {
    const { controlId, target } = this.#options;
    if (sample.outcome === 'prober_late') return sample;
    const seen = seenOf(sample);
    switch (whatPassed(sample, target)) {
      case 'something':
        return judgedAs('leaked', sample, seen);
      case 'unclear':
        return untested(sample, seen);
      case 'nothing': {
        const control = this.#record.around(this.#dueOf(sample.sequence));
        if (control.state === 'failed') {
          return untested(sample, `${controlId}, its control, failed too: ${control.detail}`);
        }
        if (control.state === 'unknown_yet') return undefined;
        if (control.state === 'unmeasured') return this.#unmeasured(sample);
        return judgedAs('blocked', sample, seen);
      }
    }
  }

  /** The probe was late for its control, which says as little of the target as if it was late for the sample itself. */
  #unmeasured(sample: Sample): Sample {
    const detail = `the probe measured no sample of ${this.#options.controlId}, its control, near it`;
    return judgedAs('prober_late', sample, detail);
  }

  #dueOf(sequence: number): number {
    const { startMs, target } = this.#options;
    return startMs + sequence * target.intervalMs;
  }

  #pass(sample: Sample): void {
    this.#options.observer.sample(sample);
  }
}

function seenOf({ detail, outcome, rttMs }: Sample): string {
  const took = rttMs === undefined ? '' : ` after ${ms(rttMs)}`;
  return detail === '' ? `${outcome}${took}` : `${outcome}${took}: ${detail}`;
}

function untested(sample: Sample, detail: string): Sample {
  return judgedAs('untested', sample, detail);
}

/** Without times: they are those of no service that anyone should get. */
function judgedAs(outcome: (typeof blockedOutcomes)[number], sample: Sample, detail: string): Sample {
  const { at, lagMs, rttMs, sequence } = sample;
  const seen = { outcome: sample.outcome, afterMs: rttMs };
  return { sequence, at, outcome, detail, seen, rttMs: undefined, lagMs, phases: {} };
}
