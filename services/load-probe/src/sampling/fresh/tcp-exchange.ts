import type { OpenedTcp } from '../../net/dial-tcp.ts';
import { socketFailure } from '../../net/failure.ts';
import { dialTarget } from '../../net/open-target.ts';
import { type CancelWake, onDeadline } from '../clock.ts';
import type { SampleResult } from '../outcome.ts';
import { QuietGap } from '../quiet-gap.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

/** What a protocol does with a connection. */
export interface TcpExchange {
  /** Sent as soon as connected; without it the peer speaks first. */
  readonly request?: Buffer;
  /** Is told when the request is on its way. */
  sent?(): void;
  /**
   * Takes received bytes. A result ends the exchange, `ask` sends another request. An answer that `may_be_whole` is
   * whole when nothing follows for a while.
   */
  receive(chunk: Buffer, ask: (request: Buffer) => void): SampleResult | 'may_be_whole' | undefined;
  /** Nothing has followed what may be whole since `atMs`; a result ends the exchange. */
  quiet?(atMs: number, ask: (request: Buffer) => void): SampleResult | undefined;
  /** The peer closed before there was a result. */
  end(remote: string): SampleResult;
  /** How far the peer came when the time is over, as in "{sent no line} within 2000 ms". */
  progress(): string;
}

/** One attempt that only opens a connection, and closes it at once. */
export async function probeTcp(attempt: Attempt): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const { failed, failure, opened } = await dialTarget(attempt, phases);
  const endMs = clock.now();
  if (failure) return { result: failure, endMs, phases };
  const { socket } = opened;
  // A peer may reset a connection that is closed this soon. It did connect.
  socket.on('error', () => {});
  socket.destroy();
  return { result: { outcome: 'ok' }, endMs, phases: { ...phases, total: endMs - startMs }, failed };
}

/** One attempt over a connection of its own: look up, dial, write and read at the same time, close. */
export async function exchangeOverTcp(attempt: Attempt, exchange: TcpExchange): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const { failed, failure, opened } = await dialTarget(attempt, phases);
  if (failure) return { result: failure, endMs: clock.now(), phases };

  const { result, endMs } = await converse(opened, attempt, exchange, phases);
  if (result.outcome === 'ok') phases.total = endMs - startMs;
  return { result, endMs, phases, failed };
}

function converse(
  { remote, socket }: OpenedTcp,
  { clock, deadlineMs, signal, target }: Attempt,
  exchange: TcpExchange,
  phases: PhaseTimes,
): Promise<Pick<Reading, 'result' | 'endMs'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Reading, 'result' | 'endMs'>>();
  const start = clock.now();
  /** What went by in quiet gaps: neither the target's time nor part of the timeout. */
  let gapsMs = 0;
  const gap = new QuietGap(clock);
  let lastByteMs = start;
  let isOverdue = false;
  const settle = (result: SampleResult): void => {
    cancelDeadline();
    gap.stop();
    signal.removeEventListener('abort', abort);
    // With everything read, closing sends FIN and not RST: the target must not count a reset.
    socket.destroy();
    resolve({ result, endMs: clock.now() - gapsMs });
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
        ? { outcome: 'write_timeout', detail: `${remote} did not take the whole request ${late}` }
        : { outcome: 'read_timeout', detail: `${remote} ${exchange.progress()} ${late}` },
    );
  };
  let cancelDeadline = untilDeadline();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();

  const ask = (request: Buffer): void => void socket.write(request);
  const gapOver = (): void => {
    gapsMs += clock.now() - lastByteMs;
    const result = exchange.quiet?.(lastByteMs, ask);
    if (result) {
      settle(result);
    } else {
      isOverdue = false;
      cancelDeadline();
      cancelDeadline = untilDeadline();
    }
  };
  socket.on('error', (error) => settle(socketFailure(error, remote)));
  socket.on('data', (chunk: Buffer) => {
    lastByteMs = clock.now();
    phases.first_byte ??= lastByteMs - start;
    gap.stop();
    const result = exchange.receive(chunk, ask);
    if (result && result !== 'may_be_whole') return settle(result);
    if (isOverdue) return expire();
    if (result) gap.await(lastByteMs, phases.first_byte, gapOver);
  });
  socket.on('end', () => settle(exchange.end(remote)));
  if (exchange.request) socket.write(exchange.request);
  exchange.sent?.();
  return promise;
}
