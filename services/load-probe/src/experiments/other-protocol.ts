import { type Evidence, type Observation, observed } from '@echo-daytime/diagnosis';
import type { Protocol } from '../targets/protocol.ts';
import { failureShares } from './reply-evidence.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, type TakenSample } from './taken-samples.ts';

/** Protocols whose service may have the same port over the other transport. */
const others: Partial<Record<Protocol, Protocol>> = {
  'echo-tcp': 'echo-udp',
  'echo-udp': 'echo-tcp',
  'daytime-tcp': 'daytime-udp',
  'daytime-udp': 'daytime-tcp',
};

export function hasOtherProtocol(protocol: Protocol): boolean {
  return protocol in others;
}

/** Samples of the same port over the other transport protocol. */
export async function runOtherProtocol(subject: Subject): Promise<readonly Observation[]> {
  const protocol = others[subject.target.protocol]!;
  const [taken] = await takeSamples(subject, [
    { count: 4, rate: 10, timeoutMs: 1_500, change: { protocol } },
  ]);
  const { samples } = taken!;
  if (samples.length === 0) return [];
  const told =
    samples.find(isAnswered) ?? samples.find(({ sample }) => sample.outcome !== 'lost') ?? samples[0]!;
  const { detail, outcome } = told.sample;
  return [observed('other_protocol', evidenceOf(told), `${protocol} ${detail === '' ? outcome : detail}`)];
}

function evidenceOf(taken: TakenSample): Evidence<'other_protocol'> {
  const { failure, failedAfterMs = 0, sample } = taken;
  if (isAnswered(taken)) return { serves: 1 };
  switch (sample.outcome) {
    case 'read_timeout':
    case 'write_timeout':
    case 'closed':
    case 'reset':
      return { unanswered: 1 };
    case 'refused':
    case 'unreachable': {
      const {
        no_host = 0,
        no_route = 0,
        refused = 0,
        rejected = 0,
      } = (failure && failureShares(failure, failedAfterMs)) ?? {};
      // A filter rejects it: nothing that the service or the way has to do with.
      return { refused, silent: rejected, no_way: no_host + no_route };
    }
    default:
      return { silent: 1 };
  }
}
