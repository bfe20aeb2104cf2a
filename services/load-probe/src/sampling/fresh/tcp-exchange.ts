import type { Socket } from 'node:net';
import type { OpenedTcp } from '../../net/dial-tcp.ts';
import { socketFailure } from '../../net/failure.ts';
import { dialTarget } from '../../net/open-target.ts';
import { type CancelWake, onDeadline } from '../clock.ts';
import type { SampleResult } from '../outcome.ts';
import { QuietGap } from '../quiet-gap.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

/** One exchange of a protocol over TCP. */
export interface TcpExchange {
  /** Sent right after the connect; undefined where the target sends first. */
  readonly request?: Buffer;
  /** Called when the request is sent. */
  sent?(): void;
  /**
   * Handles received bytes. A result ends the exchange; `ask` sends another request. A reply that `may_be_whole` is
   * whole when nothing follows within a quiet gap.
   */
  receive(chunk: Buffer, ask: (request: Buffer) => void): SampleResult | 'may_be_whole' | undefined;
  /** Called after a quiet gap: the last bytes came at `atMs`. A result ends the exchange. */
  quiet?(atMs: number, ask: (request: Buffer) => void): SampleResult | undefined;
  /** Called when the target closes before there is a result. */
  end(remote: string): SampleResult;
  /** Takes the connection over after a result of ok, without listeners, and closes it; by default it is closed at once. */
  release?(socket: Socket): void;
  /** What the target has sent by the timeout, as in "{sent no line} within 2000 ms". */
  progress(): string;
}

/** One attempt that only connects, and closes the connection at once. */
export async function probeTcp(attempt: Attempt): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const { failed, failure, opened } = await dialTarget(attempt, phases);
  const endMs = clock.now();
  if (failure) return { result: failure, endMs, phases };
  const { socket } = opened;
  // The target may reset a connection that is closed this early. The connect succeeded.
  socket.on('error', () => {});
  socket.destroy();
  const tcp = socket.stats();
  return { result: { outcome: 'ok' }, endMs, phases: { ...phases, total: endMs - startMs }, failed, tcp };
}

/** One attempt over its own connection: look up, connect, write and read at the same time, close. */
export async function exchangeOverTcp(attempt: Attempt, exchange: TcpExchange): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const { failed, failure, opened } = await dialTarget(attempt, phases);
  if (failure) return { result: failure, endMs: clock.now(), phases };

  const { result, endMs } = await converse(opened, attempt, exchange, phases);
  if (result.outcome === 'ok') phases.total = endMs - startMs;
  return { result, endMs, phases, failed, tcp: opened.socket.stats() };
}

function converse(
  { remote, socket }: OpenedTcp,
  { clock, deadlineMs, signal, target }: Attempt,
  exchange: TcpExchange,
  phases: PhaseTimes,
): Promise<Pick<Reading, 'result' | 'endMs'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Reading, 'result' | 'endMs'>>();
  const start = clock.now();
  /** Time spent in quiet gaps, which counts neither as round trip nor towards the timeout. */
  let gapsMs = 0;
  const gap = new QuietGap(clock);
  let lastByteMs = start;
  let isOverdue = false;
  const settle = (result: SampleResult): void => {
    cancelDeadline();
    gap.stop();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners();
    if (result.outcome === 'ok' && exchange.release) exchange.release(socket);
    // Everything is read, so closing sends FIN, not RST: the target must not count a reset.
    else socket.on('error', () => {}).destroy();
    resolve({ result, endMs: clock.now() - gapsMs });
  };
  const abort = (): void => {
    reject(signal.reason);
    settle({ outcome: 'closed', detail: '' });
  };
  const untilDeadline = (): CancelWake => onDeadline(clock, deadlineMs + gapsMs, expire);
  const expire = (): void => {
    isOverdue = true;
    // A reply that came in time is checked later, when it is known to be whole.
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
