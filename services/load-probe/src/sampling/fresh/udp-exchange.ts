import type { Socket } from 'node:dgram';
import type { IpAddress } from '@echo-daytime/addresses';
import type { AddressMemory } from '../../net/address-memory.ts';
import { connectUdp } from '../../net/connect-socket.ts';
import { addressesOf } from '../../net/connect-target.ts';
import { type AddressAttempt, eachAddress, type Failed } from '../../net/each-address.ts';
import { type FlowFailure, failureOfDial, verdictOf } from '../../net/flow-failure.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { hostPort } from '../../targets/target.ts';
import { onDeadline } from '../clock.ts';
import { type Attempt, LATE_GRACE_MS, type PhaseTimes, type Reading } from '../sample.ts';
import type { Verdict } from '../verdict.ts';

/** What a protocol does with datagrams. */
export interface UdpExchange {
  readonly request: Buffer;
  judge(reply: Buffer): Verdict;
}

/** How long a flow stays open after its answer to see whether another one comes. */
const DUPLICATE_WINDOW_MS = 250;

/** What an address answered. */
interface Answered {
  readonly verdict: Verdict;
  readonly endMs: number;
  /** Since the request was sent. */
  readonly firstByteMs: number;
  readonly duplicates?: Promise<number>;
}

/**
 * One attempt from a source port of its own. A right answer after the timeout is `late`; one that has not come within
 * the grace is `lost`. An address that refuses or is silent gives way to the target's next one; for one that answered
 * when it was last asked the attempt waits, or a datagram that got lost would never be seen.
 */
export async function exchangeOverUdp(
  attempt: Attempt,
  exchange: UdpExchange,
  memory: AddressMemory,
): Promise<Reading> {
  const { clock, startMs, target } = attempt;
  const phases: PhaseTimes = {};
  const addresses = await addressesOf(attempt, phases);
  if ('verdict' in addresses) return { verdict: addresses.verdict, endMs: clock.now(), phases };

  const isFirstKnown = memory.isAnswering(addresses[0]?.address);
  const way: AddressAttempt<Answered> = {
    open: (address, signal) => ask(attempt, address, exchange, memory, signal),
    // Its socket is closed soon after its answer.
    discard() {},
    silence: ({ address }, waitedMs) => udpSilence(hostPort(address, target.port), waitedMs),
  };
  const { opened, failed, failure } = await eachAddress(addresses, way, { ...attempt, isFirstKnown });
  if (failure) return { verdict: verdictOf(failure), endMs: clock.now(), phases };
  for (const { address } of failed) memory.silent(address.address);
  const { duplicates, endMs, firstByteMs, verdict } = opened;
  phases.first_byte = firstByteMs;
  if (verdict.outcome === 'ok' || verdict.outcome === 'late') phases.total = endMs - startMs;
  return { verdict, endMs, phases, failed, ...(duplicates && { duplicates }) };
}

function ask(
  { clock, deadlineMs, signal, startMs, target }: Attempt,
  to: IpAddress,
  exchange: UdpExchange,
  memory: AddressMemory,
  /** Of this address alone. */
  wanted: AbortSignal,
): Promise<Answered | Failed> {
  wanted.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Answered | Failed>();
  const { address, family } = to;
  const peer = hostPort(address, target.port);
  const socket = connectUdp(to, target.port);
  let sentMs = clock.now();

  const release = (): void => {
    cancel();
    wanted.removeEventListener('abort', abort);
    socket.removeAllListeners('message');
    socket.removeAllListeners('error');
    // Whatever this socket still reports is no part of the sample any more.
    socket.on('error', () => {});
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
    const { kind, words } = udpSilence(peer, target.timeoutMs + LATE_GRACE_MS);
    memory.silent(address);
    fail({ kind, words: words + memory.silenceWords(address) });
  });
  wanted.addEventListener('abort', abort);

  socket.once('error', (error) => {
    memory.failed(address, error);
    fail(failureOfDial(error, peer, family));
  });
  socket.once('message', (reply) => {
    const now = clock.now();
    memory.answered(address);
    release();
    const answered = { endMs: now, firstByteMs: now - sentMs };
    const verdict = exchange.judge(reply);
    if (verdict.outcome !== 'ok') {
      socket.close();
      resolve({ ...answered, verdict });
      return;
    }
    const detail = `the answer of ${peer} came ${Math.round(now - startMs)} ms after the request`;
    resolve({
      ...answered,
      verdict: now <= deadlineMs ? verdict : { outcome: 'late', detail },
      duplicates: countDuplicates(socket, exchange, { until: now + DUPLICATE_WINDOW_MS, clock, signal }),
    });
  });
  socket.once('connect', () => {
    sentMs = clock.now();
    socket.send(exchange.request, (error) => {
      if (error) socket.emit('error', error);
    });
  });
  return promise;
}

/** Resolves when the window is over, with the socket closed. */
function countDuplicates(
  socket: Socket,
  exchange: UdpExchange,
  { until, clock, signal }: Pick<Attempt, 'clock' | 'signal'> & { readonly until: number },
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let duplicates = 0;
  socket.on('message', (reply) => {
    if (exchange.judge(reply).outcome === 'ok') duplicates += 1;
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
