import type { Metrics } from '../../harness/metrics.ts';

const CORRUPTION = ['corrupt', 'truncated', 'malformed'];
/** A sample that the probe itself delayed says nothing of a target. */
const INNOCENT = ['ok', 'prober_late'];

/** What became of the probe's samples, also of those to targets that have left the metrics since they were last read. */
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

  /** All that was not as it should be, by what it was. */
  get failures(): string[] {
    const outcomes = new Set([...this.#seen.values()].map(({ outcome }) => outcome));
    return [...outcomes]
      .filter((outcome) => !INNOCENT.includes(outcome))
      .map((outcome) => `the probe counted ${this.#sum((one) => one === outcome)} ${outcome}`);
  }

  #sum(includes: (outcome: string) => boolean): number {
    return [...this.#seen.values()]
      .filter(({ outcome }) => includes(outcome))
      .reduce((sum, { value }) => sum + value, 0);
  }
}
