import { ms, percent } from './format.ts';
import type { LatencyHistogram } from './histogram.ts';

/** Percentiles of the round-trip time, milliseconds. */
export interface RoundTripFigures {
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The count of round trips from `fromMs` to just below `toMs`. */
export interface HistogramBar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

const BARS = 10;
const BAR_CHARACTERS = 40;
/** Edges are rounded to two digits; edges that are equal then are merged into one bar. */
const EDGE_DIGITS = 2;

export function roundTripsOf(counts: LatencyHistogram): RoundTripFigures | undefined {
  if (counts.count === 0) return undefined;
  const at = (share: number): number => counts.percentile(share)!;
  return {
    min: counts.minMs,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: counts.maxMs,
  };
}

/** Bars from the minimum to the maximum. Each bar is wider than the previous by the same factor, because tails are long. */
export function histogramOf(counts: LatencyHistogram): HistogramBar[] {
  if (counts.count === 0) return [];
  const edges = edgesBetween(counts.minMs, counts.maxMs);
  return edges.slice(1).map((toMs, index) => {
    const fromMs = edges[index]!;
    // The edges are rounded: values outside the first or the last edge belong to the first or the last bar.
    const from = index === 0 ? 0 : fromMs;
    const to = index === edges.length - 2 ? Number.POSITIVE_INFINITY : toMs;
    return { fromMs, toMs, count: counts.countBetween(from, to) };
  });
}

/** The percentiles on one line, the histogram below it; nothing when there is no round trip. */
export function roundTripLines(counts: LatencyHistogram): string[] {
  const figures = roundTripsOf(counts);
  if (!figures) return [];
  const { p50, p90, p99, p999, max } = figures;
  return [
    `round trip p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}, max ${ms(max)}`,
    ...barLines(histogramOf(counts)),
  ];
}

function barLines(bars: readonly HistogramBar[]): string[] {
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...bars.map(({ count }) => count));
  const edges = bars.flatMap(({ fromMs, toMs }) => [edgeText(fromMs), edgeText(toMs)]);
  const width = Math.max(...edges.map(({ length }) => length));
  const counts = Math.max(...bars.map(({ count }) => String(count).length));
  return bars.map(({ fromMs, toMs, count }) => {
    // Rounded up, so that the smallest count shows.
    const length = Math.ceil((count / most) * BAR_CHARACTERS);
    const range = `${edgeText(fromMs).padStart(width)} - ${edgeText(toMs).padStart(width)} ms`;
    const share = count === 0 ? '' : ` ${percent(count / total)}`;
    return `  ${range} ${'#'.repeat(length).padEnd(BAR_CHARACTERS)} ${String(count).padStart(counts)}${share}`;
  });
}

function edgesBetween(min: number, max: number): number[] {
  const factor = (max / min) ** (1 / BARS);
  const inner = Array.from({ length: BARS - 1 }, (_, index) => rounded(min * factor ** (index + 1)));
  const first = roundedDown(min);
  const edges = [first, ...inner.filter((edge) => edge > first && edge < max), roundedUp(max)];
  return edges.filter((edge, index) => edge !== edges[index - 1]);
}

function rounded(value: number): number {
  return Number(value.toPrecision(EDGE_DIGITS));
}

function roundedDown(value: number): number {
  const step = stepOf(value);
  return rounded(Math.floor(value / step) * step);
}

/** Above the value, which lies below the last edge. */
function roundedUp(value: number): number {
  const step = stepOf(value);
  return rounded((Math.floor(value / step) + 1) * step);
}

function stepOf(value: number): number {
  return 10 ** (Math.floor(Math.log10(value)) - EDGE_DIGITS + 1);
}

/** Three digits, without an exponent. */
function edgeText(milliseconds: number): string {
  return milliseconds.toLocaleString('en', { maximumSignificantDigits: 3, useGrouping: false });
}
