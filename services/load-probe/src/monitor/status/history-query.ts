const MINUTE_MS = 60_000;
const spans: Readonly<Record<string, number>> = {
  '10m': 10 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '6h': 360 * MINUTE_MS,
};
const DEFAULT_BUCKETS = 120;
/** More than a screen has pixels for. */
const MAX_BUCKETS = 2_000;

/** An empty query, a query for the history, or one sentence for each problem of the query. */
export type HistoryQuery =
  | Record<string, never>
  | { readonly spanMs: number; readonly buckets: number }
  | { readonly problems: readonly string[] };

/** Reads the query of a request for one target, such as `?span=1h&buckets=120`. */
export function readHistoryQuery({
  span,
  buckets,
  ...others
}: Readonly<Record<string, unknown>>): HistoryQuery {
  const problems = Object.keys(others).map(
    (name) => `there is no parameter ${name}; the parameters are span and buckets`,
  );
  const spanMs = typeof span === 'string' && Object.hasOwn(spans, span) ? spans[span] : undefined;
  if (span !== undefined && spanMs === undefined) {
    problems.push(`span=${String(span)} must be one of ${Object.keys(spans).join(', ')}`);
  }
  const count = buckets === undefined ? DEFAULT_BUCKETS : wholeNumber(buckets);
  if (!(count >= 1 && count <= MAX_BUCKETS)) {
    problems.push(`buckets=${String(buckets)} must be a whole number from 1 to ${MAX_BUCKETS}`);
  } else if (buckets !== undefined && span === undefined) {
    problems.push('buckets needs a span to divide, such as span=1h');
  }
  if (problems.length > 0) return { problems };
  return spanMs === undefined ? {} : { spanMs, buckets: count };
}

function wholeNumber(value: unknown): number {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
}
