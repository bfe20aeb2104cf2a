import { type SynField, type SynReport, synFields } from '../../net/syn-changes.ts';
import { counted } from '../../stats/format.ts';
import { dscpText } from '../../targets/dscp.ts';

export interface SynChangeCount {
  readonly field: SynField;
  readonly count: number;
  /** In words, of the last connection. */
  readonly detail: string;
}

/** What became of the SYNs of a target's connections on their way. */
export class SynTally {
  /** How many the target told. */
  known = 0;
  /** Received as they were sent. */
  unchanged = 0;
  /** How many it did not tell, and why, the last time. */
  unknown = 0;
  unknownDetail: string | null = null;
  /** Of the last known one. */
  hops: number | null = null;
  dscp: number | null = null;
  readonly #changes = new Map<SynField, SynChangeCount>();

  add(report: SynReport): void {
    if ('unknown' in report) {
      this.unknown += 1;
      this.unknownDetail = report.unknown;
      return;
    }
    this.known += 1;
    this.hops = report.hops ?? null;
    this.dscp = report.dscp;
    if (report.changes.length === 0) this.unchanged += 1;
    for (const { field, text } of report.changes) {
      this.#changes.set(field, { field, count: (this.#changes.get(field)?.count ?? 0) + 1, detail: text });
    }
  }

  get changes(): SynChangeCount[] {
    return synFields.flatMap((field) => this.#changes.get(field) ?? []);
  }

  get document() {
    const { changes, dscp, hops, known, unchanged, unknown, unknownDetail } = this;
    return { known, unchanged, changes, hops, dscp, unknown, unknownDetail };
  }

  get lines(): string[] {
    const { changes, dscp, hops, known, unchanged, unknown } = this;
    const lines = changes.map(
      ({ count, detail }) => `changed on the way in ${count} of ${counted(known, 'SYN')}: ${detail}`,
    );
    if (unchanged > 0) lines.push(`${unchanged} of ${counted(known, 'SYN')} received as sent`);
    if (dscp !== null) {
      const way = hops === null ? '' : `after ${counted(hops, 'hop')}, `;
      lines.push(`the last SYN was received ${way}with DSCP ${dscpText(dscp)}`);
    }
    if (unknown > 0) lines.push(`${counted(unknown, 'SYN')} not known: ${this.unknownDetail}`);
    return lines;
  }
}
