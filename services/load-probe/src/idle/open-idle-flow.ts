import type { Clock } from '../clock.ts';
import type { Address } from '../find-addresses.ts';
import type { FlowFailure } from '../flow-failure.ts';
import { openTcp } from '../open-tcp.ts';
import { openUdp } from '../open-udp.ts';
import type { IdleFlow } from './idle-flow.ts';
import { type IdleProtocol, type Question, questionOf } from './question.ts';
import { TcpIdleFlow } from './tcp-idle-flow.ts';
import { UdpIdleFlow } from './udp-idle-flow.ts';

export interface IdleFlowOptions {
  readonly protocol: IdleProtocol;
  readonly port: number;
  /** For the connect, and for each answer; milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type OpenedIdleFlow =
  | { readonly flow: IdleFlow; readonly peer: string }
  | { readonly flow?: never; readonly failure: Pick<FlowFailure, 'words'> };

/** Tells this probe's questions from those of others. */
const run = Math.trunc(Math.random() * 2 ** 32);
let sequence = 0;

/**
 * A flow that has just worked, so that every box on the way knows it.
 *
 * @throws the signal's reason when aborted
 */
export async function openIdleFlow(address: Address, options: IdleFlowOptions): Promise<OpenedIdleFlow> {
  const { clock, port, protocol, signal, timeoutMs } = options;
  signal.throwIfAborted();
  const nextQuestion = (): Question => {
    sequence += 1;
    return questionOf(protocol, run, sequence);
  };
  const opened =
    protocol === 'echo-udp' ? await openUdp(address, port) : await openTcp(address, port, options);
  if (!opened.socket) return { failure: opened.failure };
  const { peer, socket } = opened;
  const flow =
    'send' in socket
      ? new UdpIdleFlow(socket, peer, clock, nextQuestion)
      : new TcpIdleFlow(socket, peer, clock, nextQuestion);
  const abandon = (): void => flow.close();
  signal.addEventListener('abort', abandon);
  const { death } = await flow.ask(timeoutMs);
  signal.removeEventListener('abort', abandon);
  signal.throwIfAborted();
  if (!death) return { flow, peer };
  flow.close();
  return { failure: { words: `${death.words}, before it was idle at all` } };
}
