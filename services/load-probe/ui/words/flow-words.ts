import type { FlowDeathCause, TargetStatus } from '../../src/monitor/status/types.ts';
import { type Condition, conditionOf, type WatchedTarget } from '../list/watched-target.ts';
import { outcomeWords } from './outcome-words.ts';
import { badPathFinding } from './port-words.ts';
import { ago, clockTime, duration, sentenceCase, setting } from './words.ts';

/** The diagnosis of a target's fresh and sticky flow together. */
export interface FlowFinding {
  readonly headline: string;
  /** Where to look, in one short sentence; the explanation has the details. */
  readonly hint: string;
  readonly explanation: string;
}

/** How long the page says that the old flow died while new ones were fine. */
const DEATH_NOTICE_MS = 10 * 60_000;

/** Failures of fresh flows this close to the death of the sticky one belong to the same event. */
const SAME_EVENT_MS = 10_000;

export const flowNames: Readonly<Record<TargetStatus['flow'], string>> = {
  fresh: 'New flows',
  sticky: 'Old flow',
  sweep: 'Port sweep',
};

export const flowMeanings: Readonly<Record<TargetStatus['flow'], string>> = {
  fresh: 'each sample over a new connection or source port',
  sticky: 'all samples over one long-lived connection or source port',
  sweep: 'each sample over a new flow, from fixed source ports in turn',
};

export const conditionWords: Readonly<Record<Condition, string>> = {
  up: 'Up',
  down: 'Down',
  pending: 'Pending',
  blocked: 'Blocked',
  leaked: 'Leaks',
  untested: 'Untested',
  'old-flow-dead': 'Old flow dead',
  'new-flows-fail': 'New flows fail',
  'bad-path': 'Path bad',
};

export const causeWords: Readonly<Record<FlowDeathCause, string>> = {
  fin: 'closed by the other end (FIN)',
  reset: 'reset (RST)',
  timeout: 'no answer any more',
  refused: 'port closed',
  unreachable: 'host or network unreachable',
  error: 'error of the socket',
};

/** Null where both flows have the same state, or where there is only one and no bad path. */
export function flowFindingOf(target: WatchedTarget, now: number): FlowFinding | null {
  const [fresh, sticky] = target.series;
  if (fresh?.sweep && conditionOf(target) === 'bad-path') return badPathFinding(fresh.sweep);
  if (fresh === undefined || sticky === undefined) return null;
  switch (conditionOf(target)) {
    case 'old-flow-dead':
      return {
        headline: 'Old flow dead, new flows fine',
        hint: 'Look for a stale conntrack or NAT entry, or an ECMP path that moved.',
        explanation:
          `${reasonAndAge(sticky, now)}, while every new flow gets through. Something on the path still sends ` +
          'the old flow to a host that no longer answers: most often a stale conntrack or NAT entry, or an ECMP or load ' +
          'balancer path that moved. The target itself is fine.',
      };
    case 'new-flows-fail':
      return {
        headline: 'New flows fail, old flow fine',
        hint: 'Look for a firewall or policy change, or a full accept queue or conntrack table.',
        explanation:
          `${reasonAndAge(fresh, now)}, while what is connected already still passes. Something admits no new ` +
          'flow: most often a firewall or policy change, a full accept queue or conntrack table, or a target ' +
          'taken out of its load balancer.',
      };
    case 'up':
      return pastDeath(fresh, sticky, now);
    default:
      return null;
  }
}

function reasonAndAge({ failures: [last], since }: TargetStatus, now: number): string {
  const reason = last === undefined ? 'Failing' : sentenceCase(outcomeWords[last.outcome].label);
  return since === null ? reason : `${reason} for ${duration(now - since)}`;
}

function pastDeath(fresh: TargetStatus, sticky: TargetStatus, now: number): FlowFinding | null {
  const [death] = sticky.flowDeaths;
  if (death === undefined || now - death.at > DEATH_NOTICE_MS) return null;
  if (fresh.failures.some(({ at }) => Math.abs(at - death.at) < SAME_EVENT_MS)) return null;
  return {
    headline: `Old flow died ${ago(death.at, now)}, new flows were fine`,
    hint: `It had lived ${lifetime(death.ageMs)}: ${causeWords[death.cause]}.`,
    explanation:
      `It had lived ${lifetime(death.ageMs)} and ended at ${clockTime(death.at, now)}: ${causeWords[death.cause]}. ` +
      'A new one took its place. Other connections on this path may be cut the same way.',
  };
}

/** How long a flow lived: below a minute to the tenth of a second. */
export function lifetime(ms: number): string {
  return ms < 60_000 ? setting(Math.round(ms / 100) * 100) : duration(ms);
}
