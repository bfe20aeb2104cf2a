import { type Evidence, type Observation, observed } from '@echo-daytime/diagnosis';
import { dialTcp } from '../net/dial-tcp.ts';
import { hasFailed } from '../net/each-address.ts';
import type { FlowFailure } from '../net/failure.ts';
import { failureShares } from './reply-evidence.ts';
import type { Subject } from './subject.ts';

/** The next ports, and one that hardly any host listens on. */
const portsBeside = (port: number): readonly number[] =>
  [port + 1, port + 2, 61_007].filter((each) => each < 2 ** 16);
/** With the time in which a router gives a host up. */
const TIMEOUT_MS = 3_500;

interface Answer {
  readonly evidence: Evidence<'host'>;
  readonly detail: string;
}

/** Connects to other ports of the host. A refusal shows that the host is up, as well as a connection does. */
export async function runNeighbours(subject: Subject): Promise<readonly Observation[]> {
  const { target } = subject;
  const found = Promise.withResolvers<Answer>();
  const aborting = new AbortController();
  const all = portsBeside(target.port).map(async (port) => {
    const answer = await ask(subject, port, aborting.signal);
    if (answer?.evidence.answers === 1) found.resolve(answer);
    return answer;
  });
  const ended = Promise.all(all).then((answers): Answer => {
    const told = answers.find((answer) => answer !== undefined);
    return (
      told ?? { evidence: { silent: 1 }, detail: `ports ${portsBeside(target.port).join(', ')} are silent` }
    );
  });
  ended.catch(() => {});
  const { detail, evidence } = await Promise.race([found.promise, ended]);
  aborting.abort();
  return [observed('host', evidence, detail)];
}

/** @returns undefined where the port is silent */
async function ask(subject: Subject, port: number, unwanted: AbortSignal): Promise<Answer | undefined> {
  const { address, clock, signal, tcpInfo } = subject;
  const startMs = clock.now();
  try {
    const opened = await dialTcp(address!, port, {
      clock,
      deadlineMs: startMs + TIMEOUT_MS,
      signal: AbortSignal.any([signal, unwanted]),
      tcpInfo,
    });
    if (!hasFailed(opened)) {
      opened.socket.on('error', () => {});
      opened.socket.destroy();
      return { evidence: { answers: 1 }, detail: `port ${port} takes connections` };
    }
    return answerOf(opened.failure, port, clock.now() - startMs);
  } catch (error) {
    signal.throwIfAborted();
    if (unwanted.aborted) return undefined;
    throw error;
  }
}

function answerOf(failure: FlowFailure, port: number, afterMs: number): Answer | undefined {
  const { detail, kind } = failure;
  if (kind === 'reset' || kind === 'refused')
    return { evidence: { answers: 1 }, detail: `port ${port}: ${detail}` };
  if (kind !== 'unreachable') return undefined;
  const { no_host = 0, no_route = 0, rejected = 0 } = failureShares(failure, afterMs) ?? {};
  // A filter that rejects other ports too says as little of the host as one that drops.
  return { evidence: { no_host, no_route, silent: rejected }, detail };
}
