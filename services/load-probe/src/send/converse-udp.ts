import type { Socket } from 'node:dgram';
import type { Clock } from '../clock.ts';
import { type FlowFailure, failureOfFlow } from '../flow-failure.ts';
import { type Outgoing, outgoingBytes } from './outgoing.ts';
import { Patience } from './patience.ts';

/** How long the socket stays open after the last answer due, to show whether more come. */
const MORE_ANSWERS_MS = 250;

export interface DatagramOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long the peer may stay silent after the last datagram or answer, milliseconds; 0 = for ever. */
  readonly readTimeoutMs: number;
  receive(datagram: Buffer): void;
}

export interface DatagramsEnd {
  readonly sentDatagrams: number;
  readonly sentBytes: number;
  readonly answers: number;
  readonly receivedBytes: number;
  /** None when there were as many answers as datagrams, or more. */
  readonly failure?: FlowFailure;
}

/**
 * Sends datagrams and reads answers at the same time, until each has its answer and no more come; closes the
 * socket.
 *
 * @throws the signal's reason when aborted
 */
export function exchangeDatagrams(
  socket: Socket,
  peer: string,
  outgoing: Outgoing,
  { clock, readTimeoutMs, receive, signal }: DatagramOptions,
): Promise<DatagramsEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<DatagramsEnd>();
  const sending = new AbortController();
  let sentDatagrams = 0;
  let sentBytes = 0;
  let answers = 0;
  let receivedBytes = 0;
  let allSent = false;

  const settle = (failure?: FlowFailure): void => {
    release();
    resolve({ sentDatagrams, sentBytes, answers, receivedBytes, ...(failure && { failure }) });
  };
  const release = (): void => {
    silence.stop();
    more.stop();
    sending.abort();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners();
    socket.on('error', () => {});
    socket.close();
  };
  const abort = (): void => {
    release();
    reject(signal.reason);
  };
  const silence = new Patience(clock, readTimeoutMs, () => {
    const missing = sentDatagrams - answers;
    const which = sentDatagrams === 1 ? '' : `${missing} of ${sentDatagrams} datagrams have `;
    const words = `${which}no answer from ${peer} within ${readTimeoutMs} ms`;
    settle({ kind: 'lost', words });
  });
  const more = new Patience(clock, MORE_ANSWERS_MS, () => settle());
  const sendAll = async (): Promise<void> => {
    for await (const bytes of outgoingBytes(outgoing, sending.signal)) {
      await sendDatagram(socket, bytes);
      sentDatagrams += 1;
      sentBytes += bytes.length;
    }
    allSent = true;
    if (answers >= sentDatagrams) more.start();
    else silence.start();
  };

  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  socket.on('error', (error) => settle(failureOfFlow(error, peer)));
  socket.on('message', (datagram) => {
    answers += 1;
    receivedBytes += datagram.length;
    receive(datagram);
    if (!allSent) return;
    silence.stop();
    if (answers >= sentDatagrams) more.start();
    else silence.start();
  });
  sendAll().catch((error: Error) => {
    if (!sending.signal.aborted) settle(failureOfFlow(error, peer));
  });
  return promise;
}

function sendDatagram(socket: Socket, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.send(bytes, (error) => (error ? reject(error) : resolve()));
  return promise;
}
