import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Address, findAddresses, LookupError } from '../find-addresses.ts';
import type { FlowFailure } from '../flow-failure.ts';
import { isLocalAddress } from '../kernel-tcp.ts';
import { openTcp } from '../open-tcp.ts';
import { openUdp } from '../open-udp.ts';
import { hostPort } from '../target.ts';
import { type ConversationEnd, converseOverTcp } from './converse-tcp.ts';
import { exchangeDatagrams } from './converse-udp.ts';
import { hostAnswers } from './host-answers.ts';
import { type SendFailure, withNextStep } from './next-step.ts';
import type { Outgoing } from './outgoing.ts';
import type { AnswerCounts, AnswerMatch } from './sent-datagrams.ts';

export interface SendOptions extends Endpoint {
  readonly protocol: 'tcp' | 'udp';
  readonly outgoing: Outgoing;
  readonly keepOpen: boolean;
  /** Milliseconds, for the lookup and all addresses together. */
  readonly dialTimeoutMs: number;
  /** Milliseconds; 0 = for ever. */
  readonly readTimeoutMs: number;
  /** Milliseconds; 0 = for ever. */
  readonly writeTimeoutMs: number;
  readonly keepAliveMs?: number | undefined;
}

export interface SendContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** An address failed, and the next one is tried. */
  goesOn(failure: FlowFailure): void;
  connected(ends: Ends): void;
  /** Takes what came; where it is too fast, the promise tells when to go on. */
  receive(bytes: Buffer, match?: AnswerMatch): Promise<void> | undefined;
}

/** Of a flow, `host:port`. */
export interface Ends {
  readonly local: string;
  readonly remote: string;
  /** TCP: what the handshake took, milliseconds. */
  readonly connectMs?: number;
}

export interface SendResult {
  /** None when nothing could be opened. */
  readonly ends?: Ends;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** UDP */
  readonly answers?: AnswerCounts;
  readonly failure?: SendFailure;
}

const NOTHING_MOVED = { sentBytes: 0, receivedBytes: 0 };

/**
 * One conversation over TCP, or some datagrams and their answers over UDP; every address of the host is tried in
 * order until one takes it.
 *
 * @throws the signal's reason when aborted
 */
export async function send(options: SendOptions, context: SendContext): Promise<SendResult> {
  const { dialTimeoutMs: timeoutMs, host, protocol } = options;
  const { clock, signal } = context;
  const deadlineMs = clock.now() + timeoutMs;
  let addresses: Address[];
  try {
    addresses = await findAddresses(host, { timeoutMs, signal });
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    return { ...NOTHING_MOVED, failure: withNextStep({ kind: 'dns', words: error.message }) };
  }
  return protocol === 'tcp'
    ? sendOverTcp(addresses, deadlineMs, options, context)
    : sendOverUdp(addresses, options, context);
}

/** The same once addresses are known. @param deadlineMs of the clock, for all of them together */
export async function sendOverTcp(
  addresses: readonly Address[],
  deadlineMs: number,
  options: SendOptions,
  context: SendContext,
): Promise<SendResult> {
  const { clock, signal } = context;
  const failures: { readonly address: Address; readonly failure: FlowFailure }[] = [];
  for (const [index, address] of addresses.entries()) {
    const timeoutMs = Math.round((deadlineMs - clock.now()) / (addresses.length - index));
    const opened = await openTcp(address, options.port, { ...options, timeoutMs, clock, signal });
    if (opened.socket) {
      const ends = { ...endsOf(opened.socket, opened.peer), connectMs: opened.connectMs };
      context.connected(ends);
      return { ends, ...(await converse(opened.socket, opened.peer, options, context)) };
    }
    failures.push({ address, failure: opened.failure });
    if (index + 1 < addresses.length) context.goesOn(opened.failure);
  }
  const [first] = failures;
  if (!first) throw new Error('a lookup that succeeds has at least one address');
  const { address } = first;
  const canAsk = first.failure.kind === 'connect_timeout' && !isLocalAddress(address.address);
  const failure = combined(failures.map((failed) => failed.failure));
  return {
    ...NOTHING_MOVED,
    failure: withNextStep(failure, canAsk ? await hostAnswers(address, options.port, context) : undefined),
  };
}

async function converse(
  socket: Socket,
  peer: string,
  options: SendOptions,
  context: SendContext,
): Promise<Omit<SendResult, 'ends'>> {
  const { failure, ...counts }: ConversationEnd = await converseOverTcp(socket, peer, options.outgoing, {
    ...options,
    clock: context.clock,
    signal: context.signal,
    receive: (bytes) => context.receive(bytes),
  });
  return { ...counts, ...(failure && { failure: withNextStep(failure) }) };
}

async function sendOverUdp(
  addresses: readonly Address[],
  { outgoing, port, readTimeoutMs }: SendOptions,
  context: SendContext,
): Promise<SendResult> {
  const { clock, signal } = context;
  const failures: FlowFailure[] = [];
  let last: SendResult = NOTHING_MOVED;
  for (const [index, address] of addresses.entries()) {
    signal.throwIfAborted();
    const opened = await openUdp(address, port);
    let failure: FlowFailure | undefined;
    if (opened.socket) {
      const local = opened.socket.address();
      const ends = { local: hostPort(local.address, local.port), remote: opened.peer };
      context.connected(ends);
      const receive = (datagram: Buffer, match: AnswerMatch): void => void context.receive(datagram, match);
      const options = { clock, signal, readTimeoutMs, receive };
      const result = await exchangeDatagrams(opened.socket, opened.peer, outgoing, options);
      const { answers, receivedBytes, sentBytes } = result;
      last = { ends, sentBytes, receivedBytes, answers };
      failure = result.failure;
      if (!failure) return last;
      if (!isRejected(failure) || answers.unanswered < answers.sent)
        return { ...last, failure: withNextStep(failure) };
    } else {
      failure = opened.failure;
    }
    failures.push(failure);
    if (index + 1 < addresses.length) context.goesOn(failure);
  }
  return { ...last, failure: withNextStep(combined(failures)) };
}

/** The host or the way to it said no, so that another address may say yes. */
function isRejected({ kind }: FlowFailure): boolean {
  return kind === 'refused' || kind === 'unreachable';
}

/** The class of the first address and the words of all. */
function combined(failures: readonly FlowFailure[]): FlowFailure {
  const [first] = failures;
  if (!first) throw new Error('a lookup that succeeds has at least one address');
  return { kind: first.kind, words: failures.map(({ words }) => words).join('; ') };
}

function endsOf({ localAddress = '', localPort = 0 }: Socket, remote: string): Ends {
  return { local: hostPort(localAddress, localPort), remote };
}
