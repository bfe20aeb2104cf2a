import type { Metrics } from '../../harness/metrics.ts';

const CORRUPTION = ['corrupt', 'truncated', 'malformed'];
/** A late sample of the probe itself says nothing about a target. */
const NO_FAILURE = ['ok', 'prober_late'];

/** The outcomes of the probe's samples, also for targets that are no longer in the metrics. */
export class ProbeOutcomes {
  readonly #seen = new Map<string, { readonly outcome: string; readonly value: number }>();

  read({ series }: Metrics): void {
    for (const [key, value] of series) {
      const [, counted = ''] = /^l4_probe_(samples|duplicates|reordered)_total\{/.exec(key) ?? [];
      if (counted === '' || value === 0) continue;
      const [, outcome = counted] = /\boutcome="(\w+)"/.exec(key) ?? [];
      this.#seen.set(key, { outcome, value });
    }
  }

  get samples(): number {
    return this.#sum((outcome) => outcome !== 'duplicates' && outcome !== 'reordered');
  }

  get integrityFailures(): number {
    return this.#sum((outcome) => CORRUPTION.includes(outcome));
  }

  /** Failed samples, a sentence for each outcome. */
  get failures(): string[] {
    const outcomes = new Set([...this.#seen.values()].map(({ outcome }) => outcome));
    return [...outcomes]
      .filter((outcome) => !NO_FAILURE.includes(outcome))
      .map((outcome) => `the probe counted ${this.#sum((one) => one === outcome)} ${outcome}`);
  }

  #sum(includes: (outcome: string) => boolean): number {
    return [...this.#seen.values()]
      .filter(({ outcome }) => includes(outcome))
      .reduce((sum, { value }) => sum + value, 0);
  }
}
