import { type Evidence, lossLikelihoods, type OutcomeOf } from '@echo-daytime/diagnosis';
import type { FlowFailure } from '../net/failure.ts';
import { icmpMeaning } from '../net/icmp.ts';
import { isAnswered, isLost, type TakenSample } from './taken-samples.ts';

export type ReplyEvidence = Evidence<'reply'>;
type Shares = Partial<Record<OutcomeOf<'reply'>, number>>;

/**
 * A router that has to find the host on its link waits for it, Linux for 3 s (mcast_solicit and retrans_time_ms of
 * arp(7)), before it says that it is unreachable. A route that says so does it at once. Milliseconds.
 */
const NEIGHBOUR_WAIT_MS = 700;
/** Failures that are no silence are a kind of their own beside answers from this share on. */
const MIXED = 0.05;

/** What samples over new flows say of the question whether they are answered. */
export function replyEvidence(samples: readonly TakenSample[], isTcp: boolean): ReplyEvidence {
  const of = samples.length;
  const told = samples.flatMap((taken) => toldBy(taken) ?? []);
  const silence = isTcp ? 'no_connection' : 'no_answer';
  if (samples.some(isAnswered)) {
    const lost = samples.filter(isLost).length;
    if (told.length / of >= MIXED && told.length > 1) return { mixed: 1 };
    const { all, nothing, part } = lossLikelihoods({ lost, of });
    return { all: nothing, some_lost: part, [silence]: all } as ReplyEvidence;
  }
  // Hosts and routers limit their ICMP messages, so that silence beside them says nothing.
  if (told.length > 0) return mean(told);
  const connected = samples.filter(({ sample }) => sample.outcome === 'read_timeout').length;
  if (connected === of) return { unanswered: 1 };
  return connected > 0 ? { mixed: 0.5, [silence]: 0.5 } : ({ [silence]: 1 } as ReplyEvidence);
}

/** What a sample without an answer says; undefined of silence. */
function toldBy(taken: TakenSample): Shares | undefined {
  const { failure, failedAfterMs = 0, sample } = taken;
  switch (sample.outcome) {
    case 'closed':
    case 'reset':
      return { closed: 1 };
    case 'connect_timeout':
      return failure?.kind === 'backlog_full' ? { queue_full: 1 } : undefined;
    case 'refused':
    case 'unreachable':
      return failure && failureShares(failure, failedAfterMs);
    default:
      return undefined;
  }
}

/** What the system says of a flow that could not be used: who refuses it, and why. */
export function failureShares(failure: FlowFailure, afterMs: number): Shares | undefined {
  const { code, icmp, isOwn, kind } = failure;
  if (kind === 'too_large') return undefined;
  if (isOwn) return code === 'EPERM' ? { rejected: 1 } : { no_route: 1 };
  const byTime: Shares = afterMs >= NEIGHBOUR_WAIT_MS ? { no_host: 1 } : { no_route: 0.9, no_host: 0.1 };
  if (icmp) {
    if (kind === 'refused') return icmp.from === 'target' ? { refused: 1 } : { rejected: 1 };
    if (!icmpMeaning(icmp).isTransient) return { rejected: 1 };
    const isOfHost =
      icmp.version === 4 ? icmp.type === 3 && icmp.code === 1 : icmp.type === 1 && icmp.code === 3;
    return isOfHost ? byTime : { no_route: 1 };
  }
  // Over TCP, and with node:dgram, the system tells neither the message nor who sent it.
  if (kind === 'refused') return { refused: 1 };
  if (afterMs >= NEIGHBOUR_WAIT_MS) return { no_host: 1 };
  return code === 'ENETUNREACH' ? { no_route: 0.8, rejected: 0.2 } : { no_route: 0.5, rejected: 0.5 };
}

function mean(told: readonly Shares[]): ReplyEvidence {
  const sums: Record<string, number> = {};
  for (const shares of told) {
    for (const [outcome, share] of Object.entries(shares)) {
      sums[outcome] = (sums[outcome] ?? 0) + share / told.length;
    }
  }
  return sums as ReplyEvidence;
}
