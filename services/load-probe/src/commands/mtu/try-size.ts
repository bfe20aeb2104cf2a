import { type SocketError, socketFailure } from '../../net/failure.ts';
import { icmpMeaning } from '../../net/icmp.ts';
import type { UdpEvents, UdpSocket } from '../../net/udp-socket.ts';
import { encodePayload, peekPayload } from '../../payload/payload.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';

/** The outcome of datagrams of one size. These names are part of the JSON report. */
export type SizeOutcome =
  | 'returned'
  /** Neither an echo nor an error. */
  | 'lost'
  /** The beginning came back. */
  | 'truncated'
  /** As many bytes came back, but with other values. */
  | 'corrupt'
  /** This host refused to send it. */
  | 'never_sent'
  /** An ICMP message said that the datagram is too large for the path, and no further try returned. */
  | 'too_large'
  | 'refused'
  | 'unreachable';

export interface SizeResult {
  readonly bytes: number;
  readonly outcome: SizeOutcome;
  /** How many datagrams were sent; a reply to any of them counts. */
  readonly tries: number;
  /** Bytes of a truncated reply, or of a datagram that came in place of an echo. */
  readonly returnedBytes?: number;
  /** More about the outcome, such as the ICMP message to an earlier try. */
  readonly words?: string;
  /** Of `too_large`, where the system tells: who said so, and the MTU of the link that it named. Bytes. */
  readonly reporter?: string;
  readonly linkMtu?: number;
}

export interface TryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A random number in every datagram, so that datagrams of other probes are not taken for ours. */
  readonly run: number;
  /** The socket sends with don't-fragment. */
  readonly dontFragment?: boolean;
  /** How long to wait after the last try, milliseconds. */
  readonly timeoutMs: number;
  /** How often a size is sent before it counts as lost. */
  readonly tries: number;
}

/**
 * Sends a datagram of `bytes`, and again while there is no reply: a datagram may get lost for another reason. Also, the
 * first datagram that is too large for the path teaches the kernel the path MTU, and the next one goes in fragments.
 *
 * @param socket connected to an echo service
 * @throws the signal's reason when aborted
 */
export function trySize(
  socket: UdpSocket,
  remote: string,
  bytes: number,
  options: TryOptions,
): Promise<SizeResult> {
  const { clock, dontFragment, run, signal, timeoutMs, tries } = options;
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
    socket.listen(ignore);
  };
  const finish = (result: Omit<SizeResult, 'bytes' | 'tries'>): void => {
    release();
    resolve({ bytes, tries: sent.length, ...result });
  };
  const abort = (): void => {
    release();
    reject(signal.reason);
  };
  /** A late reply to a datagram of another size may still come. */
  const isOfOtherSize = (answer: Buffer): boolean => {
    const header = peekPayload(answer);
    return (
      header?.run === run && !sent.some((datagram) => peekPayload(datagram)?.sequence === header.sequence)
    );
  };
  const onMessage = (answer: Buffer): void => {
    if (sent.some((datagram) => datagram.equals(answer))) {
      finish({ ...failed, outcome: 'returned' });
    } else if (sent.some((datagram) => isBeginning(answer, datagram))) {
      finish({ outcome: 'truncated', returnedBytes: answer.length });
    } else if (answer.length === bytes) {
      finish({ outcome: 'corrupt' });
    } else if (!isOfOtherSize(answer)) {
      // Not an echo, for instance a line of daytime. An echo may still come.
      other = { outcome: 'lost', returnedBytes: answer.length };
    }
  };
  /** An ICMP message comes as an error of the socket, with this send or the next. */
  const onError = (error: SocketError): void => {
    const { icmp } = error;
    if (icmp && isOfOtherSize(icmp.quoted)) return;
    const { kind, detail: words } = socketFailure(error, remote);
    if (kind === 'too_large') {
      const { mtu: linkMtu = 0, reporter } = icmp ?? {};
      failed = { outcome: 'too_large', words, ...(reporter && { reporter, linkMtu }) };
      // A packet that may not be divided is as large at the next try.
      if (dontFragment) finish(failed);
    } else if (icmp && icmpMeaning(icmp).isTransient) {
      failed = { outcome: 'unreachable', words };
    } else finish({ outcome: kind === 'refused' ? 'refused' : 'unreachable', words });
  };
  const send = (isRepeated: boolean): void => {
    const datagram = encodePayload({ run, sequence: nextSequence(), sentAt: clock.epoch() }, bytes);
    sent.push(datagram);
    socket.send(datagram, (error) => {
      if (!error || isOver) return;
      if (error.code !== 'EMSGSIZE') return onError(error);
      // The kernel may report the error of an earlier datagram with this call; then a second send of this one succeeds.
      if (isRepeated) finish({ outcome: 'never_sent', words: 'EMSGSIZE' });
      else {
        sent.pop();
        send(true);
      }
    });
  };
  const next = (): void => {
    if (sent.length === tries) {
      finish(failed ?? other ?? { outcome: 'lost' });
      return;
    }
    send(false);
    const waitMs = sent.length === tries ? timeoutMs : timeoutMs / tries;
    cancel = onDeadline(clock, clock.now() + waitMs, next);
  };

  signal.throwIfAborted();
  signal.addEventListener('abort', abort);
  socket.listen({ received: onMessage, failed: onError });
  next();
  return promise;
}

/** Between two sizes. */
const ignore: UdpEvents = { received() {}, failed() {} };

let lastSequence = 0;

function nextSequence(): number {
  lastSequence += 1;
  return lastSequence;
}

function isBeginning(answer: Buffer, datagram: Buffer): boolean {
  return answer.length < datagram.length && datagram.subarray(0, answer.length).equals(answer);
}
