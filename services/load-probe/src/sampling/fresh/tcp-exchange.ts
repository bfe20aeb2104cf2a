import type { Socket } from 'node:net';
import { connectTarget } from '../../net/connect-target.ts';
import { socketFailure } from '../../net/failure.ts';
import { type CancelWake, onDeadline } from '../clock.ts';
import { QuietGap } from '../quiet-gap.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';
import type { Verdict } from '../verdict.ts';

/** What a protocol does with a connection. */
export interface TcpExchange {
  /** Sent as soon as connected; without it the peer speaks first. */
  readonly request?: Buffer;
  /** Is told when the request is on its way. */
  sent?(): void;
  /**
   * Takes what came; a verdict ends the exchange, `ask` sends another request. An answer that `may_be_whole` is so when
   * nothing follows for a while.
   */
  receive(chunk: Buffer, ask: (request: Buffer) => void): Verdict | 'may_be_whole' | undefined;
  /** Nothing has followed what may be whole since `atMs`; a verdict ends the exchange. */
  quiet?(atMs: number, ask: (request: Buffer) => void): Verdict | undefined;
  /** The peer closed before there was a verdict. */
  end(peer: string): Verdict;
  /** What is missing when the time is over, as in "sent {…} within 2000 ms". */
  progress(): string;
}

/** One attempt over a connection of its own: look up, dial, write and read at the same time, close. */
export async function exchangeOverTcp(attempt: Attempt, exchange: TcpExchange): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const connected = await connectTarget(attempt, phases);
  if (!connected.socket) return { verdict: connected.verdict, endMs: clock.now(), phases };

  const { failed, peer, socket } = connected;
  const { verdict, endMs } = await converse(socket, peer, attempt, exchange, phases);
  if (verdict.outcome === 'ok') phases.total = endMs - startMs;
  return { verdict, endMs, phases, failed };
}

function converse(
  socket: Socket,
  peer: string,
  { clock, deadlineMs, signal, target }: Attempt,
  exchange: TcpExchange,
  phases: PhaseTimes,
): Promise<Pick<Reading, 'verdict' | 'endMs'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Reading, 'verdict' | 'endMs'>>();
  const start = clock.now();
  /** What went by in quiet gaps: neither the target's time nor part of the timeout. */
  let gapsMs = 0;
  const gap = new QuietGap(clock);
  let lastByteMs = start;
  let isOverdue = false;
  const settle = (verdict: Verdict): void => {
    cancelDeadline();
    gap.stop();
    signal.removeEventListener('abort', abort);
    // With everything read, closing sends FIN and not RST: the target must not count a reset.
    socket.destroy();
    resolve({ verdict, endMs: clock.now() - gapsMs });
  };
  const abort = (): void => {
    reject(signal.reason);
    settle({ outcome: 'closed', detail: '' });
  };
  const untilDeadline = (): CancelWake => onDeadline(clock, deadlineMs + gapsMs, expire);
  const expire = (): void => {
    isOverdue = true;
    // An answer that came in time is judged when it is known to be whole.
    if (gap.isAwaited) return;
    const late = `within ${target.timeoutMs} ms`;
    settle(
      socket.writableLength > 0
        ? { outcome: 'write_timeout', detail: `${peer} did not take the whole request ${late}` }
        : { outcome: 'read_timeout', detail: `${peer} ${exchange.progress()} ${late}` },
    );
  };
  let cancelDeadline = untilDeadline();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();

  const ask = (request: Buffer): void => void socket.write(request);
  const gapOver = (): void => {
    gapsMs += clock.now() - lastByteMs;
    const verdict = exchange.quiet?.(lastByteMs, ask);
    if (verdict) {
      settle(verdict);
    } else {
      isOverdue = false;
      cancelDeadline();
      cancelDeadline = untilDeadline();
    }
  };
  socket.on('error', (error) => settle(socketFailure(error, peer)));
  socket.on('data', (chunk: Buffer) => {
    lastByteMs = clock.now();
    phases.first_byte ??= lastByteMs - start;
    gap.stop();
    const verdict = exchange.receive(chunk, ask);
    if (verdict && verdict !== 'may_be_whole') return settle(verdict);
    if (isOverdue) return expire();
    if (verdict) gap.await(lastByteMs, phases.first_byte, gapOver);
  });
  socket.on('end', () => settle(exchange.end(peer)));
  if (exchange.request) socket.write(exchange.request);
  exchange.sent?.();
  return promise;
}
