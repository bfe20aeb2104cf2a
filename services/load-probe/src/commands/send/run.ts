import type { Socket } from 'node:net';
import { type IpAddress, isLocalAddress } from '@echo-daytime/addresses';
import { tcpAttempt } from '../../net/dial-tcp.ts';
import { type AddressAttempt, eachAddress, type FailedAddress, hasFailed } from '../../net/each-address.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { lookUp } from '../../net/resolve.ts';
import type { UdpEngine } from '../../net/udp-socket.ts';
import type { Clock } from '../../sampling/clock.ts';
import type { Endpoint } from '../../targets/endpoint.ts';
import { hostPort } from '../../targets/target.ts';
import { type ConversationEnd, converseOverTcp } from './converse-tcp.ts';
import { type DatagramOptions, type DatagramsEnd, exchangeDatagrams } from './converse-udp.ts';
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
  readonly udp: UdpEngine;
  readonly signal: AbortSignal;
  connected(ends: Ends): void;
  /** Takes received bytes. Where the output is full, the promise resolves when it is writable again. */
  receive(bytes: Buffer, match?: AnswerMatch): Promise<void> | undefined;
  /** Called at the start. @param soFar gives the result so far, for a `send` that is stopped */
  began(soFar: () => SendResult): void;
}

/** Both ends of a flow, `host:port`. */
export interface Ends {
  readonly local: string;
  readonly remote: string;
  /** TCP: the time of the handshake, milliseconds. */
  readonly connectMs?: number;
  /** Addresses that were tried before and failed. */
  readonly failed?: readonly FailedAddress[];
}

export interface SendResult {
  /** Undefined when no flow could be opened. */
  readonly ends?: Ends;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** UDP */
  readonly answers?: AnswerCounts;
  readonly failure?: SendFailure;
}

export const NOTHING_MOVED: SendResult = { sentBytes: 0, receivedBytes: 0 };

/**
 * One conversation over TCP, or datagrams and their replies over UDP, with the first address of the host that accepts
 * the connection or replies.
 *
 * @throws the signal's reason when aborted
 */
export async function send(options: SendOptions, context: SendContext): Promise<SendResult> {
  const { dialTimeoutMs: timeoutMs, host, protocol } = options;
  const { clock, signal } = context;
  const deadlineMs = clock.now() + timeoutMs;
  const { addresses, failure } = await lookUp(host, { clock, timeoutMs, signal });
  if (failure) return { ...NOTHING_MOVED, failure: withNextStep(failure) };
  return protocol === 'tcp'
    ? sendOverTcp(addresses, deadlineMs, options, context)
    : sendOverUdp(addresses, options, context);
}

/** `send` over TCP to known addresses. @param deadlineMs of the clock, for all addresses together */
export async function sendOverTcp(
  addresses: readonly IpAddress[],
  deadlineMs: number,
  options: SendOptions,
  context: SendContext,
): Promise<SendResult> {
  const { clock, signal } = context;
  const { keepAliveMs, port } = options;
  const dial = { clock, deadlineMs, keepAliveMs, allowHalfOpen: true, isByHand: true };
  const { opened, failed, failure } = await eachAddress(addresses, tcpAttempt(port, dial), {
    clock,
    deadlineMs,
    signal,
  });
  if (!failure) {
    const { connectMs, remote, socket } = opened;
    const ends = { ...endsOf(socket, remote), connectMs, failed };
    context.connected(ends);
    return { ends, ...(await converse(socket, ends, options, context)) };
  }
  const [first] = addresses;
  const canAsk = first && failure.kind === 'connect_timeout' && !isLocalAddress(first.address);
  const answers = canAsk ? await hostAnswers(first, port, context) : undefined;
  return { ...NOTHING_MOVED, failure: withNextStep(failure, answers) };
}

async function converse(
  socket: Socket,
  ends: Ends,
  options: SendOptions,
  context: SendContext,
): Promise<Omit<SendResult, 'ends'>> {
  const { failure, ...counts }: ConversationEnd = await converseOverTcp(
    socket,
    ends.remote,
    options.outgoing,
    {
      ...options,
      clock: context.clock,
      signal: context.signal,
      receive: (bytes) => context.receive(bytes),
      began: (soFar) => context.began(() => ({ ends, ...soFar() })),
    },
  );
  return { ...counts, ...(failure && { failure: withNextStep(failure) }) };
}

/** An exchange of datagrams that has begun, and its result. */
interface Exchange {
  readonly ends: Ends;
  readonly end: Promise<DatagramsEnd>;
}

async function sendOverUdp(
  addresses: readonly IpAddress[],
  { dialTimeoutMs, outgoing, port, readTimeoutMs }: SendOptions,
  context: SendContext,
): Promise<SendResult> {
  const { clock, signal } = context;
  /** The first address that replies; replies from other addresses are ignored. */
  let answering: IpAddress | undefined;
  let last: SendResult = NOTHING_MOVED;
  const addressAttempt: AddressAttempt<Exchange> = {
    port,
    async open(address, wanted) {
      const opened = await context.udp.open(address, port);
      if (hasFailed(opened)) return opened;
      const { remote, socket } = opened;
      const { local } = socket;
      const ends = { local: hostPort(local.address, local.port), remote };
      context.connected(ends);
      const { promise: answered, resolve } = Promise.withResolvers<void>();
      const receive = (datagram: Buffer, match: AnswerMatch): void => {
        answering ??= address;
        if (answering === address) void context.receive(datagram, match);
        resolve();
      };
      const limits = { clock, signal: AbortSignal.any([wanted, signal]), readTimeoutMs };
      const began: DatagramOptions['began'] = (soFar) => {
        // Once an address replies, the others no longer matter for a report.
        if (answering === undefined) context.began(() => ({ ends, ...soFar() }));
      };
      const end = exchangeDatagrams(socket, remote, outgoing, { ...limits, receive, began });
      // Awaited below only for the address that is used; the others must not be unhandled rejections.
      end.catch(() => {});
      const ended = await Promise.race([answered, end]);
      if (!ended?.failure || ended.answers.unanswered < ended.answers.sent) return { ends, end };
      const { answers, failure, receivedBytes, sentBytes } = ended;
      last = { ends, sentBytes, receivedBytes, answers };
      return { failure };
    },
    silence: udpSilence,
  };
  const deadlineMs = clock.now() + (readTimeoutMs || dialTimeoutMs);
  const { opened, failed, failure } = await eachAddress(addresses, addressAttempt, {
    clock,
    deadlineMs,
    signal,
  });
  if (failure) return { ...last, failure: withNextStep(failure) };
  const { answers, failure: lost, receivedBytes, sentBytes } = await opened.end;
  const ends = { ...opened.ends, failed };
  return { ends, sentBytes, receivedBytes, answers, ...(lost && { failure: withNextStep(lost) }) };
}

function endsOf({ localAddress = '', localPort = 0 }: Socket, remote: string): Ends {
  return { local: hostPort(localAddress, localPort), remote };
}
