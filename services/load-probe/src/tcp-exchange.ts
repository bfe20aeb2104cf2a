import type { Socket } from 'node:net';
import { onDeadline } from './clock.ts';
import { socketFailure } from './failure.ts';
import { connectTarget } from './net/connect-target.ts';
import type { Attempt, PhaseTimes, Reading } from './sample.ts';
import type { Verdict } from './verdict.ts';

/** What a protocol does with a connection. */
export interface TcpExchange {
  /** Sent as soon as connected; without it the peer speaks first. */
  readonly request?: Buffer;
  /** Is told when the request is on its way. */
  sent?(): void;
  /** Takes what came; a verdict ends the exchange, `ask` sends another request. */
  receive(chunk: Buffer, ask: (request: Buffer) => void): Verdict | undefined;
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
  const verdict = await converse(socket, peer, attempt, exchange, phases);
  const endMs = clock.now();
  if (verdict.outcome === 'ok') phases.total = endMs - startMs;
  return { verdict, endMs, phases, failed };
}

function converse(
  socket: Socket,
  peer: string,
  { clock, deadlineMs, signal, target }: Attempt,
  exchange: TcpExchange,
  phases: PhaseTimes,
): Promise<Verdict> {
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const start = clock.now();
  const settle = (verdict: Verdict): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    // With everything read, closing sends FIN and not RST: the target must not count a reset.
    socket.destroy();
    resolve(verdict);
  };
  const abort = (): void => {
    reject(signal.reason);
    settle({ outcome: 'closed', detail: '' });
  };
  const cancel = onDeadline(clock, deadlineMs, () => {
    const late = `within ${target.timeoutMs} ms`;
    settle(
      socket.writableLength > 0
        ? { outcome: 'write_timeout', detail: `${peer} did not take the whole request ${late}` }
        : { outcome: 'read_timeout', detail: `${peer} ${exchange.progress()} ${late}` },
    );
  });
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();

  const ask = (request: Buffer): void => void socket.write(request);
  socket.on('error', (error) => settle(socketFailure(error, peer)));
  socket.on('data', (chunk: Buffer) => {
    phases.first_byte ??= clock.now() - start;
    const verdict = exchange.receive(chunk, ask);
    if (verdict) settle(verdict);
  });
  socket.on('end', () => settle(exchange.end(peer)));
  if (exchange.request) socket.write(exchange.request);
  exchange.sent?.();
  return promise;
}
