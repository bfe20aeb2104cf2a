import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { conditionOf, failuresOf, stateOf, type WatchedTarget } from '../list/watched-target.ts';
import { conditionWords, flowNames } from './flow-words.ts';
import { outcomeWords } from './outcome-words.ts';
import { badPortsCount } from './port-words.ts';
import { ago, clockTime, duration, setting } from './words.ts';

/** `Down for 2 min (refused)`. */
export function stateWords({ state, since, intervalMs, failures }: TargetStatus, now: number): string {
  if (state === 'pending' || since === null)
    return `Waiting for the first sample, one every ${setting(intervalMs)}`;
  const last = state === 'down' ? failures[0] : undefined;
  const reason = last === undefined ? '' : ` (${outcomeWords[last.outcome].label})`;
  return `${conditionWords[state]} for ${duration(now - since)}${reason}`;
}

/**
 * `Down for 2 min (refused), since 14:03:12`. A target is up since the last of its flows is, and down since the
 * first of them is.
 */
export function targetSinceWords(target: WatchedTarget, now: number): string {
  const { series } = target;
  const condition = conditionOf(target);
  if (condition === 'bad-path') return badPortsCount(series);
  const deciding = series.filter(({ state }) =>
    condition === 'old-flow-dead' || condition === 'new-flows-fail' ? state === 'down' : state === condition,
  );
  const isRight = stateOf(condition) === 'up';
  const bySince = deciding.toSorted((one, other) => (one.since ?? 0) - (other.since ?? 0));
  const decisive = bySince.at(isRight ? -1 : 0)!;
  const words = stateWords(decisive, now);
  // Of a target that is up in part, only the flow is down.
  const isPart = deciding.length < series.length && condition !== 'pending';
  const sentence = isPart ? `${flowNames[decisive.flow]} ${lowerFirst(words)}` : words;
  return `${sentence}${decisive.since === null ? '' : `, since ${clockTime(decisive.since, now)}`}`;
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** The newest failure of a target in words, with the flow where it has two. */
export function lastFailureWords(target: WatchedTarget, now: number): string {
  const [last] = failuresOf(target);
  if (last === undefined) return 'No failure recorded';
  const flow = target.series.length > 1 ? ` · ${flowNames[last.flow].toLowerCase()}` : '';
  return `Last failure ${ago(last.at, now)}${flow} · ${outcomeWords[last.outcome].label}: ${last.detail}`;
}
