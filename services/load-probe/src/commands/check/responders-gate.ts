import { type Key, quoted, text } from '@echo-daytime/runtime';
import type { Gate, GateResult } from '../../cli/gates.ts';
import { CONFIDENCE } from '../../stats/binomial.ts';
import { count, counted, percent, ratioOf } from '../../stats/format.ts';
import { MAX_RESPONDERS, type ResponderTally } from '../../stats/responder-tally.ts';

/** Who should answer: this many, or with these shares. */
export interface ExpectedResponders {
  readonly count: number;
  /** By name, 0 to 1; empty where only the number is expected. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Shares are judged by intervals that are at most this wide: nearly every share is in a wide one. */
const MAX_WIDTH = 0.2;
const ALLOWED = `must be a number from 1 to ${MAX_RESPONDERS}, or shares that are 100% together such as a=70%,b=30%`;

export function respondersKey(doc: string): Key<ExpectedResponders> {
  return text('', doc, (given) => {
    if (/^\d{1,2}$/.test(given) && Number(given) >= 1 && Number(given) <= MAX_RESPONDERS) {
      return { count: Number(given), shares: new Map() };
    }
    const items = given.split(',');
    const shares = new Map(items.map(readShare));
    const sum = [...shares.values()].reduce((total, ratio) => total + ratio, 0);
    if (shares.size < items.length) throw new Error(`${ALLOWED}; a name is there twice`);
    if (!(Math.abs(sum - 1) < 1e-9)) throw new Error(`${ALLOWED}; these are ${percent(sum)}`);
    return { count: shares.size, shares };
  });
}

function readShare(item: string): [string, number] {
  const at = item.lastIndexOf('=');
  const ratio = ratioOf(item.slice(at + 1));
  if (at < 1 || ratio === undefined || ratio === 0) throw new Error(`${ALLOWED}; ${quoted(item)} is none`);
  return [item.slice(0, at), ratio];
}

export interface GatedResponders {
  readonly id: string;
  /** All samples that were taken. */
  readonly samples: number;
  readonly who: ResponderTally;
}

/** Judges who answered each target. A share holds where the interval of what was seen has it. */
export function judgeResponders(
  expected: ExpectedResponders,
  asTyped: string,
  targets: readonly GatedResponders[],
  minMeasured: number,
): Gate {
  const results = targets.map((target) => resultOf(expected, target, minMeasured));
  return { kind: 'responders', unit: 'count', limit: expected.count, text: asTyped, results };
}

function resultOf(
  expected: ExpectedResponders,
  { id, samples, who }: GatedResponders,
  minMeasured: number,
): GateResult {
  const { known, other, responders } = who;
  if (known === 0) return { target: id, measured: undefined, held: false, reason: 'nothing_measured' };
  const measured = responders.length + Math.min(other, 1);
  const seen = responders.map(({ name, ratio, low, high }) =>
    expected.shares.size === 0 ? name : `${name} ${percent(ratio)} (${percent(low)} to ${percent(high)})`,
  );
  const had = `${counted(measured, 'responder')}: ${seen.join(', ')}`;
  const result = { target: id, measured, had };
  if (known / samples < minMeasured) {
    const share = `${count(known)} of ${counted(samples, 'sample')}, less than ${percent(minMeasured)}`;
    return {
      ...result,
      held: false,
      reason: 'not_enough_measured',
      doubt: `who answered is known of ${share}`,
    };
  }
  if (measured !== expected.count || responders.some((one) => isOff(one, expected.shares))) {
    return { ...result, held: false, reason: 'limit' };
  }
  if (expected.shares.size > 0 && responders.some(({ low, high }) => high - low > MAX_WIDTH)) {
    const doubt = `these intervals of ${percent(CONFIDENCE)} are too wide: take more samples`;
    return { ...result, held: false, reason: 'not_enough_measured', doubt };
  }
  return { ...result, held: true };
}

function isOff(
  { name, low, high }: { readonly name: string; readonly low: number; readonly high: number },
  shares: ReadonlyMap<string, number>,
): boolean {
  if (shares.size === 0) return false;
  const share = shares.get(name);
  return share === undefined || share < low || share > high;
}
