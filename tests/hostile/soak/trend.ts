/** One reading of something that should stay flat. */
export interface Reading {
  readonly seconds: number;
  readonly value: number;
}

/** How fast readings rise, per hour, and between what bounds that is known with 95 % confidence. */
export interface Trend {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

const SECONDS_PER_HOUR = 3_600;
/** Two-sided 95 % of the normal distribution. */
const Z_95 = 1.96;
/** With fewer, the interval of confidence is as wide as the slopes themselves. */
const MIN_READINGS = 6;

/**
 * The smallest reading of every window, at the time it was read. Memory under garbage collection is a sawtooth: what
 * is really held shows at its lower edge. A last window that is not whole is left out: its edge may be missing.
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
 * The Theil–Sen estimator: the median of the slopes between all pairs, which nearly a third of wild readings can't
 * move; its interval as P. K. Sen gives it, "Estimates of the Regression Coefficient Based on Kendall's Tau" (1968).
 * Undefined where there are too few readings to say.
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
