/** One reading of a gauge that should not grow. */
export interface Reading {
  readonly seconds: number;
  readonly value: number;
}

/** The rise per hour, with its bounds at 95 % confidence. */
export interface Trend {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

const SECONDS_PER_HOUR = 3_600;
/** Two-sided 95 % of the normal distribution. */
const Z_95 = 1.96;
/** With fewer readings the confidence interval is as wide as the slopes themselves. */
const MIN_READINGS = 6;

/**
 * The minimum of every window, with its time. Memory under garbage collection is a sawtooth, and its lower edge shows
 * the memory in use. An incomplete last window is left out, because its minimum may be missing.
 */
export function lowerEnvelope(readings: readonly Reading[], windowSeconds: number): Reading[] {
  const [first] = readings;
  const last = readings.at(-1);
  if (!first || !last) return [];
  const whole = Math.floor((last.seconds - first.seconds) / windowSeconds);
  const windows = Map.groupBy(readings, ({ seconds }) =>
    Math.floor((seconds - first.seconds) / windowSeconds),
  );
  return [...windows]
    .filter(([window]) => window < whole)
    .map(([, members]) => members.reduce((least, one) => (one.value < least.value ? one : least)));
}

/**
 * The Theil–Sen estimator: the median of the slopes between all pairs, which tolerates nearly a third of outliers. The
 * interval is by P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau" (1968). Undefined for too
 * few readings.
 */
export function trendOf(readings: readonly Reading[]): Trend | undefined {
  const count = readings.length;
  if (count < MIN_READINGS) return undefined;
  const slopes = readings
    .flatMap((from, index) =>
      readings.slice(index + 1).map((to) => (to.value - from.value) / (to.seconds - from.seconds)),
    )
    .sort((a, b) => a - b);
  const spread = Z_95 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const perHour = (index: number): number =>
    slopes[Math.min(Math.max(index, 0), slopes.length - 1)]! * SECONDS_PER_HOUR;
  const middle = (slopes.length - 1) / 2;
  return {
    perHour: (perHour(Math.floor(middle)) + perHour(Math.ceil(middle))) / 2,
    low: perHour(Math.floor((slopes.length - spread) / 2) - 1),
    high: perHour(Math.ceil((slopes.length + spread) / 2)),
  };
}
