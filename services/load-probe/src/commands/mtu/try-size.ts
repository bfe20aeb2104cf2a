import type { Socket } from 'node:dgram';
import { socketFailure } from '../../net/failure.ts';
import { encodePayload, peekPayload } from '../../payload/payload.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';

/** What became of datagrams of one size. The set is closed: it is part of the JSON report. */
export type SizeOutcome =
  | 'returned'
  /** Neither an echo nor an error. */
  | 'lost'
  /** The beginning came back. */
  | 'truncated'
  /** As many bytes came back, but others. */
  | 'corrupt'
  /** This host would not send it. */
  | 'never_sent'
  /** An ICMP message said that it is too large for the way, and so it was for each further try. */
  | 'too_large'
  | 'refused'
  | 'unreachable';

export interface SizeResult {
  readonly bytes: number;
  readonly outcome: SizeOutcome;
  /** Datagrams sent; answers to any of them count. */
  readonly tries: number;
  /** Of a truncated answer, or of what came in place of an echo. */
  readonly returnedBytes?: number;
  /** What else happened, such as the ICMP message to an earlier try. */
  readonly words?: string;
}

export interface TryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tells this probe's datagrams from those of others. */
  readonly run: number;
  /** How long to wait after the last try, milliseconds. */
  readonly timeoutMs: number;
  /** How often to send before a size counts as lost. */
  readonly tries: number;
}

/**
 * Sends a datagram of so many bytes, again while there is no answer: one may get lost for another reason, and the
 * first that is too large for a network further on makes the kernel learn the path's MTU and send fragments.
 *
 * @param socket connected to an echo service
 * @throws the signal's reason when aborted
 */
export function trySize(
  socket: Socket,
  remote: string,
  bytes: number,
  options: TryOptions,
): Promise<SizeResult> {
  const { clock, run, signal, timeoutMs, tries } = options;
  const { promise, resolve, reject } = Promise.withResolvers<SizeResult>();
  const sent: Buffer[] = [];
  let failed: Omit<SizeResult, 'bytes' | 'tries'> | undefined;
  let other: typeof failed;
  let cancel = (): void => {};
  let isOver = false;

  const release = (): void => {
    isOver = true;
    cancel();
    signal.removeEventListener('abort', abort);
    socket.removeListener('message', onMessage);
    socket.removeListener('error', onError);
  };
  const settle = (result: Omit<SizeResult, 'bytes' | 'tries'>): void => {
    release();
    resolve({ bytes, tries: sent.length, ...result });
  };
  const abort = (): void => {
    release();
    reject(signal.reason);
  };
  /** Answers to other sizes may still be on their way. */
  const isOfOtherSize = (answer: Buffer): boolean => {
    const whose = peekPayload(answer);
    return whose?.run === run && !sent.some((datagram) => peekPayload(datagram)?.sequence === whose.sequence);
  };
  const onMessage = (answer: Buffer): void => {
    if (sent.some((datagram) => datagram.equals(answer))) {
      settle({ ...failed, outcome: 'returned' });
    } else if (sent.some((datagram) => isBeginning(answer, datagram))) {
      settle({ outcome: 'truncated', returnedBytes: answer.length });
    } else if (answer.length === bytes) {
      settle({ outcome: 'corrupt' });
    } else if (!isOfOtherSize(answer)) {
      // No echo, such as a line of daytime; but one may still come.
      other = { outcome: 'lost', returnedBytes: answer.length };
    }
  };
  /** ICMP answers come as errors of the socket, of this send or of the next. */
  const onError = (error: NodeJS.ErrnoException): void => {
    const { kind, detail: words } = socketFailure(error, remote);
    if (kind === 'too_large') failed = { outcome: 'too_large', words };
    else settle({ outcome: kind === 'refused' ? 'refused' : 'unreachable', words });
  };
  const send = (isRepeated: boolean): void => {
    const datagram = encodePayload({ run, sequence: nextSequence(), sentAt: clock.epoch() }, bytes);
    sent.push(datagram);
    socket.send(datagram, (error) => {
      if (!error || isOver) return;
      if ((error as NodeJS.ErrnoException).code !== 'EMSGSIZE') return onError(error);
      // The error may be an earlier datagram's, which the kernel hands out with the next call; then this one passes.
      if (isRepeated) settle({ outcome: 'never_sent', words: 'EMSGSIZE' });
      else {
        sent.pop();
        send(true);
      }
    });
  };
  const next = (): void => {
    if (sent.length === tries) {
      settle(failed ?? other ?? { outcome: 'lost' });
      return;
    }
    send(false);
    const waitMs = sent.length === tries ? timeoutMs : timeoutMs / tries;
    cancel = onDeadline(clock, clock.now() + waitMs, next);
  };

  signal.throwIfAborted();
  signal.addEventListener('abort', abort);
  socket.on('message', onMessage);
  socket.on('error', onError);
  next();
  return promise;
}

let lastSequence = 0;

function nextSequence(): number {
  lastSequence += 1;
  return lastSequence;
}

function isBeginning(answer: Buffer, datagram: Buffer): boolean {
  return answer.length < datagram.length && datagram.subarray(0, answer.length).equals(answer);
}
