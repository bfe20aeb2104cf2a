import type { ChangeReport } from '../net/change-report.ts';
import { type MarkField, type MarkReport, markFields } from '../net/mark-changes.ts';
import { type SynField, type SynReport, synFields } from '../net/syn-changes.ts';
import { counted } from '../stats/format.ts';
import { dscpText } from '../targets/dscp.ts';

export interface ChangeCount<Field extends string> {
  readonly field: Field;
  readonly count: number;
  /** In words, of the last one. */
  readonly detail: string;
}

/** What became of something on its way, in all samples of a target. */
abstract class ChangeTally<Field extends string> {
  /** How many the target told. */
  known = 0;
  /** Received as they were sent. */
  unchanged = 0;
  /** How many it did not tell, and why, the last time. */
  unknown = 0;
  unknownDetail: string | null = null;
  readonly #fields: readonly Field[];
  readonly #noun: string;
  readonly #changes = new Map<Field, ChangeCount<Field>>();

  /** @param noun what is sent, singular */
  protected constructor(noun: string, fields: readonly Field[]) {
    this.#noun = noun;
    this.#fields = fields;
  }

  protected count(report: ChangeReport<Field>): void {
    if ('unknown' in report) {
      this.unknown += 1;
      this.unknownDetail = report.unknown;
      return;
    }
    this.known += 1;
    if (report.changes.length === 0) this.unchanged += 1;
    for (const { field, text } of report.changes) {
      this.#changes.set(field, { field, count: (this.#changes.get(field)?.count ?? 0) + 1, detail: text });
    }
  }

  get changes(): ChangeCount<Field>[] {
    return this.#fields.flatMap((field) => this.#changes.get(field) ?? []);
  }

  /** What the last known one was like, as a sentence. */
  protected abstract readonly last: string | undefined;

  get lines(): string[] {
    const { changes, known, last, unchanged, unknown } = this;
    const all = counted(known, this.#noun);
    const lines = changes.map(({ count, detail }) => `changed on the way in ${count} of ${all}: ${detail}`);
    if (unchanged > 0) lines.push(`${unchanged} of ${all} received as sent`);
    if (last !== undefined) lines.push(last);
    if (unknown > 0) lines.push(`${counted(unknown, this.#noun)} not known: ${this.unknownDetail}`);
    return lines;
  }
}

/** SYNs of connections. */
export class SynTally extends ChangeTally<SynField> {
  /** Of the last known one. */
  hops: number | null = null;
  dscp: number | null = null;

  constructor() {
    super('SYN', synFields);
  }

  add(report: SynReport): void {
    this.count(report);
    if ('unknown' in report) return;
    this.hops = report.hops ?? null;
    this.dscp = report.dscp;
  }

  protected get last(): string | undefined {
    if (this.dscp === null) return undefined;
    const way = this.hops === null ? '' : `after ${counted(this.hops, 'hop')}, `;
    return `the last SYN was received ${way}with DSCP ${dscpText(this.dscp)}`;
  }

  get document() {
    const { changes, dscp, hops, known, unchanged, unknown, unknownDetail } = this;
    return { known, unchanged, changes, hops, dscp, unknown, unknownDetail };
  }
}

/** Marks of requests and their replies. */
export class MarkTally extends ChangeTally<MarkField> {
  /** Of the last known one. */
  dscp: number | null = null;
  replyDscp: number | null = null;

  constructor() {
    super('mark', markFields);
  }

  add(report: MarkReport): void {
    this.count(report);
    if ('unknown' in report) return;
    this.dscp = report.dscp;
    this.replyDscp = report.replyDscp ?? null;
  }

  protected get last(): string | undefined {
    if (this.dscp === null) return undefined;
    const back = this.replyDscp === null ? '' : `, its reply with DSCP ${dscpText(this.replyDscp)}`;
    return `the last request was received with DSCP ${dscpText(this.dscp)}${back}`;
  }

  get document() {
    const { changes, dscp, known, replyDscp, unchanged, unknown, unknownDetail } = this;
    return { known, unchanged, changes, dscp, replyDscp, unknown, unknownDetail };
  }
}
