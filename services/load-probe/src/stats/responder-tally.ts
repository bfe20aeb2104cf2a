import type { WhoReport } from '../payload/who-line.ts';
import { CONFIDENCE, shareOf } from './binomial.ts';
import { count, counted, percent } from './format.ts';

/** How many are kept apart; the rest is `other`. */
export const MAX_RESPONDERS = 64;

export interface ResponderCount {
  readonly name: string;
  /** All that it told, its name too. */
  readonly fields: string;
  readonly count: number;
}

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

  /** Most frequent first. */
  get counts(): ResponderCount[] {
    return [...this.#counts]
      .map(([fields, { name, count: answers }]) => ({ name, fields, count: answers }))
      .sort((one, next) => next.count - one.count);
  }

  /** Most frequent first, each with its share and the interval that the true share is in. */
  get responders() {
    return this.counts.map((one) => ({ ...one, ...shareOf(one.count, this.known, CONFIDENCE) }));
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
