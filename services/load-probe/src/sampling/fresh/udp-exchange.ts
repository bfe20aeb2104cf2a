import type { IpAddress } from '@echo-daytime/addresses';
import type { AddressMemory } from '../../net/address-memory.ts';
import { type AddressAttempt, type Failed, hasFailed } from '../../net/each-address.ts';
import { type FlowFailure, type SocketError, socketFailure } from '../../net/failure.ts';
import { markOf } from '../../net/mark.ts';
import { openTarget } from '../../net/open-target.ts';
import { udpSilence } from '../../net/open-udp.ts';
import type { DatagramFacts, SentDatagram, UdpSocket } from '../../net/udp-socket.ts';
import { arrivalOf } from '../../net/wire-time.ts';
import { onDeadline } from '../clock.ts';
import type { SampleResult } from '../outcome.ts';
import {
  type Attempt,
  DUPLICATE_WINDOW_MS,
  LATE_GRACE_MS,
  type PhaseTimes,
  type Reading,
} from '../sample.ts';

/** What a protocol does with datagrams. */
export interface UdpExchange {
  readonly request: Buffer;
  judge(reply: Buffer): SampleResult;
  /** What a right reply tells of its request. */
  tell?(reply: Buffer, facts: DatagramFacts | undefined): ToldByReply;
}

type ToldByReply = Pick<Reading, 'reflectorMs' | 'told'>;

/** What an address answered. */
interface Answered extends ToldByReply {
  readonly result: SampleResult;
  readonly endMs: number;
  /** Since the request was sent. */
  readonly firstByteMs: number;
  readonly wireMs?: number;
  readonly duplicates?: Promise<number>;
}

/**
 * One attempt from a source port of its own. A right reply after the timeout is `late`, no reply within the grace is
 * `lost`. An address that refuses or is silent gives way to the target's next address. For an address that replied to
 * the last request the attempt waits, or a lost datagram would never be seen.
 */
export async function exchangeOverUdp(
  attempt: Attempt,
  exchange: UdpExchange,
  memory: AddressMemory,
): Promise<Reading> {
  const { clock, startMs, target } = attempt;
  const phases: PhaseTimes = {};
  const addressAttempt: AddressAttempt<Answered> = {
    port: target.port,
    // The socket is closed soon after its answer: nothing is left to discard.
    open: (address, signal) => ask(attempt, address, exchange, memory, signal),
    silence: udpSilence,
  };
  const { opened, failed, failure } = await openTarget(attempt, phases, addressAttempt, memory);
  if (failure) return { result: failure, endMs: clock.now(), phases };
  const { firstByteMs, ...answered } = opened;
  const { endMs, result } = answered;
  phases.first_byte = firstByteMs;
  if (result.outcome === 'ok' || result.outcome === 'late') phases.total = endMs - startMs;
  return { ...answered, phases, failed };
}

async function ask(
  { clock, deadlineMs, localPort, signal, startMs, target, udp }: Attempt,
  to: IpAddress,
  exchange: UdpExchange,
  memory: AddressMemory,
  /** Of this address alone. */
  wanted: AbortSignal,
): Promise<Answered | Failed> {
  const { address } = to;
  const flow = await udp.open(to, target.port, { localPort, timestamps: true, ...markOf(target) });
  if (hasFailed(flow)) {
    memory.silent(address);
    return flow;
  }
  const { remote, socket } = flow;
  const { promise, resolve, reject } = Promise.withResolvers<Answered | Failed>();
  let isOver = false;
  const release = (): void => {
    isOver = true;
    cancel();
    wanted.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    release();
    socket.close();
    reject(wanted.reason);
  };
  const fail = (failure: FlowFailure): void => {
    release();
    socket.close();
    resolve({ failure });
  };
  const cancel = onDeadline(clock, deadlineMs + LATE_GRACE_MS, () => {
    memory.silent(address);
    fail(udpSilence(remote, target.timeoutMs + LATE_GRACE_MS, memory.silenceHint(address)));
  });
  wanted.addEventListener('abort', abort);
  if (wanted.aborted) {
    abort();
    return promise;
  }
  const sentMs = clock.now();
  const failed = (error: SocketError): void => {
    memory.failed(address, error);
    fail(socketFailure(error, remote));
  };
  let request: SentDatagram | undefined;
  const received = (reply: Buffer, facts?: DatagramFacts): void => {
    const now = clock.now();
    memory.answered(address);
    release();
    const answered = { endMs: now, firstByteMs: now - sentMs };
    const result = exchange.judge(reply);
    if (result.outcome !== 'ok') {
      socket.close();
      resolve({ ...answered, result });
      return;
    }
    const { arrivedMs, ...wire } = arrivalOf(request, facts?.receivedAt, sentMs, now);
    const detail = `the answer of ${remote} came ${Math.round(arrivedMs - startMs)} ms after the request`;
    resolve({
      ...answered,
      ...wire,
      ...exchange.tell?.(reply, facts),
      result: arrivedMs <= deadlineMs ? result : { outcome: 'late', detail },
      duplicates: countDuplicates(socket, exchange, { until: now + DUPLICATE_WINDOW_MS, clock, signal }),
    });
  };
  socket.listen({ received, failed });
  request = socket.send(exchange.request, (error) => {
    if (error && !isOver) failed(error);
  });
  return promise;
}

/** Resolves when the window is over, with the socket closed. */
function countDuplicates(
  socket: UdpSocket,
  exchange: UdpExchange,
  { until, clock, signal }: Pick<Attempt, 'clock' | 'signal'> & { readonly until: number },
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let duplicates = 0;
  socket.listen({
    received(reply) {
      if (exchange.judge(reply).outcome === 'ok') duplicates += 1;
    },
    // No part of the sample any more.
    failed() {},
  });
  const close = (): void => {
    cancel();
    signal.removeEventListener('abort', close);
    socket.close();
    resolve(duplicates);
  };
  const cancel = onDeadline(clock, until, close);
  signal.addEventListener('abort', close);
  return promise;
}
