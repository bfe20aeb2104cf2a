import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { isLocalAddress } from '@echo-daytime/addresses';
import { type FlowFailure, flowFailure, socketFailure } from '../../net/failure.ts';
import { waitingToBeAccepted } from '../../net/kernel.ts';
import type { Clock } from '../../sampling/clock.ts';
import { IdleTimer } from './idle-timer.ts';
import { type Outgoing, outgoingBytes } from './outgoing.ts';

/** The write timeout counts for each piece of this size: a peer that takes a piece is reading. */
const WRITE_PIECE_BYTES = 64 * 1024;

export interface ConversationOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long the peer may send nothing after everything is sent, milliseconds; 0 = for ever. */
  readonly readTimeoutMs: number;
  /** How long the peer may accept no data, milliseconds; 0 = for ever. */
  readonly writeTimeoutMs: number;
  /** Whether no FIN is sent after everything is sent. */
  readonly keepOpen: boolean;
  /** Takes received bytes. Where the output is full, the promise resolves when it is writable again. */
  receive(bytes: Buffer): Promise<void> | undefined;
  /** Called at the start. @param soFar gives the counts so far, for a conversation that is stopped */
  began(soFar: () => Omit<ConversationEnd, 'failure'>): void;
}

export interface ConversationEnd {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Undefined when the peer closed after everything was sent and a reply had come. */
  readonly failure?: FlowFailure;
}

/**
 * Writes and reads at the same time until the peer closes; closes the socket.
 *
 * @throws the signal's reason when aborted
 */
export function converseOverTcp(
  socket: Socket,
  remote: string,
  outgoing: Outgoing,
  options: ConversationOptions,
): Promise<ConversationEnd> {
  const { clock, keepOpen, readTimeoutMs, signal, writeTimeoutMs } = options;
  const { promise, resolve, reject } = Promise.withResolvers<ConversationEnd>();
  const writing = new AbortController();
  let sentBytes = 0;
  let receivedBytes = 0;
  let allSent = false;
  /** The input has given bytes that are not written yet. */
  let hasUnsent = false;
  let outputIsFull = false;

  const finish = (failure?: FlowFailure): void => {
    release();
    resolve({ sentBytes, receivedBytes, ...(failure && { failure }) });
  };
  const release = (): void => {
    silence.stop();
    stuck.stop();
    writing.abort();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners();
    // A destroyed socket may still report an error.
    socket.on('error', () => {});
    socket.destroy();
  };
  const abort = (): void => {
    release();
    reject(signal.reason);
  };
  const progress = (): string => `${bytesOf(sentBytes)} sent and ${bytesOf(receivedBytes)} received`;
  const silence = new IdleTimer(clock, readTimeoutMs, () => {
    const hint = notAccepted(socket);
    const silent = `${remote} sent nothing for ${readTimeoutMs} ms, after ${progress()}`;
    finish(flowFailure('read_timeout', `${silent}; the connection is still open${hint}`));
  });
  const stuck = new IdleTimer(clock, writeTimeoutMs, () => {
    // While our output is full we do not read, and an echo that can't write stops reading: not the peer's fault.
    if (outputIsFull) return stuck.start();
    const stuckFor = `${remote} accepted no data for ${writeTimeoutMs} ms`;
    finish(flowFailure('write_timeout', `${stuckFor}, after ${progress()}`));
  });

  const writeAll = async (): Promise<void> => {
    // In a pause between lines a silent peer has nothing to reply to.
    const hasPauses = outgoing.kind === 'lines';
    if (!hasPauses) silence.start();
    for await (const bytes of outgoingBytes(outgoing, writing.signal)) {
      hasUnsent = true;
      for (let at = 0; at < bytes.length; at += WRITE_PIECE_BYTES) {
        // Lets replies be read in between, where the kernel takes every write at once.
        if (sentBytes > 0) await setImmediate();
        if (writing.signal.aborted) return;
        const piece = bytes.subarray(at, at + WRITE_PIECE_BYTES);
        silence.stop();
        stuck.start();
        await new Promise<void>((written) => socket.write(piece, () => written()));
        if (writing.signal.aborted) return;
        stuck.stop();
        sentBytes += piece.length;
        if (!hasPauses && !outputIsFull) silence.start();
      }
      hasUnsent = false;
    }
    allSent = true;
    if (!keepOpen) socket.end();
    if (!outputIsFull) silence.start();
  };

  options.began(() => ({ sentBytes, receivedBytes }));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  socket.on('error', (error) => {
    const failure = socketFailure(error, remote);
    finish({ ...failure, detail: `${failure.detail}, after ${progress()}` });
  });
  socket.on('data', (bytes: Buffer) => {
    receivedBytes += bytes.length;
    if (silence.isRunning) silence.start();
    const writable = options.receive(bytes);
    if (!writable) return;
    outputIsFull = true;
    const wasRunning = silence.isRunning;
    silence.stop();
    socket.pause();
    writable.then(() => {
      outputIsFull = false;
      if (writing.signal.aborted) return;
      if (wasRunning || allSent) silence.start();
      // The peer could accept no data while its replies were not read: count anew.
      if (stuck.isRunning) stuck.start();
      socket.resume();
    });
  });
  socket.on('end', () => {
    // Of a stream it is unknown whether more would have come: complete when all it has given is written.
    const isComplete = allSent || (outgoing.kind === 'stream' && !hasUnsent);
    finish(closedEarly(remote, { isComplete, sentBytes, receivedBytes }));
  });
  writeAll().catch((error: unknown) => {
    // Nothing that is sent comes any more once the conversation is over.
    if (writing.signal.aborted) return;
    release();
    reject(error);
  });
  return promise;
}

function closedEarly(
  remote: string,
  { isComplete, sentBytes, receivedBytes }: { isComplete: boolean; sentBytes: number; receivedBytes: number },
): FlowFailure | undefined {
  const closed = `${remote} closed the connection after ${bytesOf(sentBytes)} sent and ${bytesOf(receivedBytes)} received`;
  if (!isComplete) return flowFailure('closed', `${closed}, before everything was sent`);
  return receivedBytes === 0 ? flowFailure('closed', `${closed}, so without an answer`) : undefined;
}

/** A hint where the listener is on this host and has connections in its accept queue: this one may be among them. */
function notAccepted({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined || remotePort === undefined || !isLocalAddress(remoteAddress)) return '';
  const waiting = waitingToBeAccepted(remoteAddress, remotePort) ?? 0;
  if (waiting === 0) return '';
  const connections = waiting === 1 ? 'one connection' : `${waiting} connections`;
  return `; its listener has not accepted ${connections} yet, maybe this one`;
}

function bytesOf(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
