import { type FlowFailure, flowFailure, socketFailure } from '../../net/failure.ts';
import type { UdpSocket } from '../../net/udp-socket.ts';
import type { Clock } from '../../sampling/clock.ts';
import { IdleTimer } from './idle-timer.ts';
import { type Outgoing, outgoingBytes } from './outgoing.ts';
import { type AnswerCounts, type AnswerMatch, SentDatagrams } from './sent-datagrams.ts';

/** How long the socket stays open after the last expected reply, to see duplicates. */
const MORE_ANSWERS_MS = 250;
/** How many datagrams without a reply are listed by number. */
const MAX_NUMBERS = 10;

export interface DatagramOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long the peer may stay silent after the last datagram or reply, milliseconds; 0 = for ever. */
  readonly readTimeoutMs: number;
  receive(datagram: Buffer, match: AnswerMatch): void;
  /** Called at the start. @param soFar gives the counts so far, for an exchange that is stopped */
  began(soFar: () => Omit<DatagramsEnd, 'failure'>): void;
}

export interface DatagramsEnd {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly answers: AnswerCounts;
  /** Undefined when each datagram has its reply. */
  readonly failure?: FlowFailure;
}

/**
 * Sends datagrams and reads replies at the same time, until each datagram has its reply and no more replies come. Closes
 * the socket.
 *
 * @throws the signal's reason when aborted
 */
export function exchangeDatagrams(
  socket: UdpSocket,
  remote: string,
  outgoing: Outgoing,
  { began, clock, readTimeoutMs, receive, signal }: DatagramOptions,
): Promise<DatagramsEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<DatagramsEnd>();
  const sending = new AbortController();
  const datagrams = new SentDatagrams();
  let sentBytes = 0;
  let receivedBytes = 0;
  let allSent = false;

  const finish = (failure?: FlowFailure): void => {
    release();
    resolve({ sentBytes, receivedBytes, answers: datagrams.answers, ...(failure && { failure }) });
  };
  const release = (): void => {
    silence.stop();
    more.stop();
    sending.abort();
    signal.removeEventListener('abort', abort);
    socket.close();
  };
  const abort = (): void => {
    release();
    reject(signal.reason);
  };
  const silence = new IdleTimer(clock, readTimeoutMs, () => {
    finish(flowFailure('lost', lossDetail(datagrams.answers, `from ${remote} within ${readTimeoutMs} ms`)));
  });
  const more = new IdleTimer(clock, MORE_ANSWERS_MS, () => finish());
  const sendAll = async (): Promise<void> => {
    for await (const bytes of outgoingBytes(outgoing, sending.signal)) {
      datagrams.add(bytes);
      await sendDatagram(socket, bytes);
      sentBytes += bytes.length;
    }
    allSent = true;
    wait();
  };
  const wait = (): void => {
    silence.stop();
    more.stop();
    if (datagrams.unanswered === 0) more.start();
    else silence.start();
  };

  began(() => ({ sentBytes, receivedBytes, answers: datagrams.answers }));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  socket.listen({
    received(datagram) {
      receivedBytes += datagram.length;
      // It may wait for its reader.
      receive(Buffer.from(datagram), datagrams.match(datagram));
      if (allSent) wait();
    },
    failed: (error) => finish(socketFailure(error, remote)),
  });
  sendAll().catch((error: Error) => {
    if (!sending.signal.aborted) finish(socketFailure(error, remote));
  });
  return promise;
}

function sendDatagram(socket: UdpSocket, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.send(bytes, (error) => (error ? reject(error) : resolve()));
  return promise;
}

/** @param from the peer and the time, such as `from 192.0.2.7:7 within 5000 ms` */
export function lossDetail({ sent, unanswered, unansweredNumbers = [] }: AnswerCounts, from: string): string {
  if (sent === 1) return `no answer ${from}`;
  const missing = `${unanswered} of ${sent} datagrams ${unanswered === 1 ? 'has' : 'have'} no answer ${from}`;
  if (unansweredNumbers.length === 0) return missing;
  const shown = unansweredNumbers.slice(0, MAX_NUMBERS).map(String);
  const more = unanswered > MAX_NUMBERS ? [`${unanswered - MAX_NUMBERS} more`] : [];
  return `${missing}: number ${new Intl.ListFormat('en-GB').format([...shown, ...more])}`;
}
