/**
 * The scale of a round-trip chart is logarithmic: one retransmitted SYN takes a second where the median takes
 * a millisecond, and on a linear scale it would press everything else flat. It begins and ends at steps of
 * 1, 3, 10, …, which look evenly spaced, so that it stands still while values dance.
 */

/** Two steps are a decade: a narrower scale would blow up noise to the full height. */
const LEAST_STEPS = 2;

/** Round-trip times below this are taken for it: a logarithmic scale has no zero. */
export const LEAST_MS = 0.001;

/** Step 0 is 1 ms, step 1 is 3 ms, step 2 is 10 ms; by way of a literal, as 3 * 10 ** -1 is not quite 0.3. */
function step(exponent: number): number {
  return Number(`${exponent % 2 === 0 ? 1 : 3}e${Math.floor(exponent / 2)}`);
}

function exponentAtMost(ms: number): number {
  let exponent = Math.ceil(2 * Math.log10(ms)) + 1;
  while (step(exponent) > ms) exponent -= 1;
  return exponent;
}

/** The limits for round-trip times from `leastMs` to `mostMs`, milliseconds. */
export function limitsFor(leastMs: number, mostMs: number): [number, number] {
  const bottom = exponentAtMost(Math.max(leastMs, LEAST_MS));
  let top = exponentAtMost(Math.max(mostMs, LEAST_MS));
  if (step(top) < mostMs) top += 1;
  return [step(bottom), step(Math.max(top, bottom + LEAST_STEPS))];
}

/** The steps from limit to limit, thinned out to at most `most`. */
export function stepsBetween(bottomMs: number, topMs: number, most: number): number[] {
  const bottom = exponentAtMost(bottomMs);
  const count = exponentAtMost(topMs) - bottom + 1;
  const exponents = Array.from({ length: count }, (_, index) => bottom + index);
  if (count <= most) return exponents.map(step);
  const decades = exponents.filter((exponent) => exponent % 2 === 0).map(step);
  const nth = Math.ceil(decades.length / most);
  return decades.filter((_, index) => index % nth === 0);
}
