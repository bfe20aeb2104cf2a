import type { WhoReport } from '../../payload/who-line.ts';
import { shareOf } from '../../stats/binomial.ts';
import { count, counted, percent } from '../../stats/format.ts';

/** How many are kept apart; the rest is `other`. */
export const MAX_RESPONDERS = 64;
/** Of the intervals. One right share in a thousand is outside. */
export const CONFIDENCE = 0.999;

/** Who answered the samples of a target. */
export class ResponderTally {
  readonly #counts = new Map<string, { readonly name: string; count: number }>();
  /** Answers that told who gave them. */
  known = 0;
  /** Answers of those that are not kept apart. */
  other = 0;
  unknown = 0;
  unknownDetail: string | null = null;

  add(report: WhoReport): void {
    if ('unknown' in report) {
      this.unknown += 1;
      this.unknownDetail = report.unknown;
      return;
    }
    this.known += 1;
    const found = this.#counts.get(report.fields);
    if (found) found.count += 1;
    else if (this.#counts.size < MAX_RESPONDERS)
      this.#counts.set(report.fields, { name: report.name, count: 1 });
    else this.other += 1;
  }

  /** Most frequent first, each with its share and the interval that the true share is in. */
  get responders() {
    return [...this.#counts]
      .map(([fields, { name, count: answers }]) => ({
        name,
        fields,
        count: answers,
        ...shareOf(answers, this.known, CONFIDENCE),
      }))
      .sort((one, next) => next.count - one.count);
  }

  get document() {
    const { known, other, responders, unknown, unknownDetail } = this;
    return { known, confidence: CONFIDENCE, responders, other, unknown, unknownDetail };
  }

  get lines(): string[] {
    const lines = this.responders.map(
      ({ fields, count: answers, ratio, low, high }) =>
        `${percent(ratio)} (${percent(low)} to ${percent(high)}) answered by ${fields}: ${count(answers)} of ${count(this.known)}`,
    );
    if (this.other > 0) lines.push(`${counted(this.other, 'answer')} by others`);
    if (this.unknown > 0) {
      lines.push(`${counted(this.unknown, 'answer')} by an unknown responder: ${this.unknownDetail}`);
    }
    return lines;
  }
}
