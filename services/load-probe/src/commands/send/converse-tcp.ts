import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { isLocalAddress } from '@echo-daytime/addresses';
import { type FlowFailure, flowFailure, socketFailure } from '../../net/failure.ts';
import { waitingToBeAccepted } from '../../net/kernel.ts';
import type { Clock } from '../../sampling/clock.ts';
import { IdleTimer } from './idle-timer.ts';
import { type Outgoing, outgoingBytes } from './outgoing.ts';

/** Bytes for which the write timeout counts: a peer that takes this much is one that reads. */
const WRITE_PIECE_BYTES = 64 * 1024;

export interface ConversationOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long the peer may send nothing while nothing is left to be sent to it, milliseconds; 0 = for ever. */
  readonly readTimeoutMs: number;
  /** How long the peer may take nothing of what is sent to it, milliseconds; 0 = for ever. */
  readonly writeTimeoutMs: number;
  /** Whether no FIN is sent when everything else is. */
  readonly keepOpen: boolean;
  /** Takes what came; where it is too fast, the promise tells when to go on. */
  receive(bytes: Buffer): Promise<void> | undefined;
  /** Is given what to ask for what has come about so far. */
  began(soFar: () => Omit<ConversationEnd, 'failure'>): void;
}

export interface ConversationEnd {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** None when the peer closed after everything was sent and something had come back. */
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
  /** The source has handed over bytes that are not written yet. */
  let hasUnsent = false;
  let outputIsFull = false;

  const settle = (failure?: FlowFailure): void => {
    release();
    resolve({ sentBytes, receivedBytes, ...(failure && { failure }) });
  };
  const release = (): void => {
    silence.stop();
    stuck.stop();
    writing.abort();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners();
    // A destroyed socket may still report an error of its own.
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
    settle(flowFailure('read_timeout', `${silent}; the connection stands${hint}`));
  });
  const stuck = new IdleTimer(clock, writeTimeoutMs, () => {
    // A peer that echoes can take no more while nobody takes its answer.
    if (outputIsFull) return stuck.start();
    const stuckFor = `${remote} took nothing of what was sent for ${writeTimeoutMs} ms`;
    settle(flowFailure('write_timeout', `${stuckFor}, after ${progress()}`));
  });

  const writeAll = async (): Promise<void> => {
    // A peer that is silent in a planned pause has nothing to answer.
    const hasPauses = outgoing.kind === 'lines';
    if (!hasPauses) silence.start();
    for await (const bytes of outgoingBytes(outgoing, writing.signal)) {
      hasUnsent = true;
      for (let at = 0; at < bytes.length; at += WRITE_PIECE_BYTES) {
        // What the kernel takes at once would otherwise never let an answer be read in between.
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
    settle({ ...failure, detail: `${failure.detail}, after ${progress()}` });
  });
  socket.on('data', (bytes: Buffer) => {
    receivedBytes += bytes.length;
    if (silence.isRunning) silence.start();
    const drained = options.receive(bytes);
    if (!drained) return;
    outputIsFull = true;
    const wasRunning = silence.isRunning;
    silence.stop();
    socket.pause();
    drained.then(() => {
      outputIsFull = false;
      if (writing.signal.aborted) return;
      if (wasRunning || allSent) silence.start();
      // It could take nothing while its own answers stood still.
      if (stuck.isRunning) stuck.start();
      socket.resume();
    });
  });
  socket.on('end', () => {
    // Whether a stream has more to come than it has handed over nobody knows.
    const isComplete = allSent || (outgoing.kind === 'stream' && !hasUnsent);
    settle(closedEarly(remote, { isComplete, sentBytes, receivedBytes }));
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

/** What this host's own kernel knows of a listener that may never have accepted this connection. */
function notAccepted({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined || remotePort === undefined || !isLocalAddress(remoteAddress)) return '';
  const waiting = waitingToBeAccepted(remoteAddress, remotePort) ?? 0;
  if (waiting === 0) return '';
  const connections = waiting === 1 ? 'one connection' : `${waiting} connections`;
  return `; its listener has ${connections} yet to accept, maybe this one`;
}

function bytesOf(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
