import { type Metrics, seriesKey } from '../../harness/metrics.ts';

type Labels = Readonly<Record<string, string>>;

/** The clients' own counts for one service, by the series of the service that must equal them. */
export class ClientCounts {
  readonly #entries = new Map<string, { sure: number; perhaps: number }>();

  add(metric: string, labels: Labels, sure: number, perhaps = 0): void {
    const key = seriesKey(metric, labels);
    const entry = this.#entries.get(key);
    if (entry) {
      entry.sure += sure;
      entry.perhaps += perhaps;
    } else {
      this.#entries.set(key, { sure, perhaps });
    }
  }

  sum(metric: string): number {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(`${metric}{`))
      .reduce((sum, [, { sure }]) => sum + sure, 0);
  }

  /** Every traffic counter that differs from the clients' count, a sentence each. */
  differences({ series }: Metrics): string[] {
    const shown = [...series.keys()].filter(isTraffic);
    return [...new Set([...shown, ...this.#entries.keys()])].flatMap((key) => {
      const { sure, perhaps } = this.#entries.get(key) ?? { sure: 0, perhaps: 0 };
      const value = series.get(key);
      if (value !== undefined && value >= sure && value <= sure + perhaps) return [];
      const counted = perhaps > 0 ? `${sure} to ${sure + perhaps}` : sure;
      return [`${key} is ${value ?? 'missing'}, the clients counted ${counted}`];
    });
  }
}

/** A listener, with the counts of its clients. */
export class CountedListener {
  readonly port: number;
  readonly #counts: ClientCounts;
  readonly #listener: string;

  constructor(counts: ClientCounts, listener: string, port: number) {
    this.#counts = counts;
    this.#listener = listener;
    this.port = port;
  }

  add(metric: string, sure: number, perhaps = 0): void {
    this.#counts.add(metric, { listener: this.#listener }, sure, perhaps);
  }

  addBy(metric: string, labels: Labels): void {
    this.#counts.add(metric, { listener: this.#listener, ...labels }, 1);
  }
}

/** The clients do not measure durations, but they know their number. */
function isTraffic(series: string): boolean {
  return /^l4_(tcp|udp|dialog|daytime)_/.test(series) && !/_seconds_(bucket|sum)\{/.test(series);
}
