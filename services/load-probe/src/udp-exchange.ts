import type { Socket } from 'node:dgram';
import { onDeadline } from './clock.ts';
import { dialFailure } from './failure.ts';
import { connectUdp } from './open-udp.ts';
import { type Address, resolveTarget } from './resolve.ts';
import { type Attempt, LATE_GRACE_MS, type PhaseTimes, type Reading } from './sample.ts';
import { hostPort } from './target.ts';
import type { Verdict } from './verdict.ts';

/** What a protocol does with datagrams. */
export interface UdpExchange {
  readonly request: Buffer;
  judge(reply: Buffer): Verdict;
}

/** How long a flow stays open after its answer to see whether another one comes. */
const DUPLICATE_WINDOW_MS = 250;

interface FlowEnd {
  readonly verdict: Verdict;
  readonly duplicates?: Promise<number>;
}

/**
 * One attempt from a source port of its own. A right answer after the timeout is `late`; one that has not come within the
 * grace is `lost`. An address that refuses gives way to the target's next one.
 */
export async function exchangeOverUdp(attempt: Attempt, exchange: UdpExchange): Promise<Reading> {
  const { clock, startMs } = attempt;
  const phases: PhaseTimes = {};
  const resolved = await resolveTarget(attempt);
  if ('verdict' in resolved) return { verdict: resolved.verdict, endMs: clock.now(), phases };
  if (resolved.dnsMs !== undefined) phases.dns = resolved.dnsMs;

  const failures: Exclude<Verdict, { outcome: 'ok' }>[] = [];
  for (const address of resolved.addresses) {
    const { verdict, duplicates } = await openFlow(attempt, address, exchange, phases);
    const endMs = clock.now();
    if (verdict.outcome !== 'refused' && verdict.outcome !== 'unreachable') {
      if (verdict.outcome === 'ok' || verdict.outcome === 'late') phases.total = endMs - startMs;
      return { verdict, endMs, phases, ...(duplicates && { duplicates }) };
    }
    failures.push(verdict);
  }
  const outcome = failures[0]?.outcome ?? 'dns';
  const detail = failures.map((failure) => failure.detail).join('; ');
  return { verdict: { outcome, detail }, endMs: clock.now(), phases };
}

function openFlow(
  attempt: Attempt,
  address: Address,
  exchange: UdpExchange,
  phases: PhaseTimes,
): Promise<FlowEnd> {
  attempt.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<FlowEnd>();
  const { port } = attempt.target;
  const peer = hostPort(address.address, port);
  connectUdp(address, port, (socket) => {
    const { clock, deadlineMs, signal, startMs, target } = attempt;
    let sentMs = clock.now();

    const giveUpMs = deadlineMs + LATE_GRACE_MS;
    const cancel = onDeadline(clock, giveUpMs, () => {
      const waited = target.timeoutMs + LATE_GRACE_MS;
      settle({ outcome: 'lost', detail: `no answer from ${peer} within ${waited} ms` });
    });
    const abort = (): void => {
      reject(signal.reason);
      settle({ outcome: 'lost', detail: '' });
    };
    const settle = (verdict: Verdict, keepOpen = false): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners('message');
      socket.removeAllListeners('error');
      // Whatever this socket still reports is no part of the sample any more.
      socket.on('error', () => {});
      if (keepOpen) {
        const until = clock.now() + DUPLICATE_WINDOW_MS;
        resolve({ verdict, duplicates: countDuplicates(socket, exchange, { until, clock, signal }) });
      } else {
        socket.close();
        resolve({ verdict });
      }
    };
    signal.addEventListener('abort', abort);

    socket.once('error', (error) => settle(dialFailure(error, peer, address.family)));
    socket.once('message', (reply) => {
      const now = clock.now();
      const verdict = exchange.judge(reply);
      phases.first_byte = now - sentMs;
      if (verdict.outcome !== 'ok') return settle(verdict);
      const detail = `the answer of ${peer} came ${Math.round(now - startMs)} ms after the request`;
      settle(now <= deadlineMs ? verdict : { outcome: 'late', detail }, true);
    });
    socket.once('connect', () => {
      sentMs = clock.now();
      socket.send(exchange.request, (error) => {
        if (error) socket.emit('error', error);
      });
    });
  });
  return promise;
}

/** Resolves when the window is over, with the socket closed. */
function countDuplicates(
  socket: Socket,
  exchange: UdpExchange,
  { until, clock, signal }: Pick<Attempt, 'clock' | 'signal'> & { readonly until: number },
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let duplicates = 0;
  socket.on('message', (reply) => {
    if (exchange.judge(reply).outcome === 'ok') duplicates += 1;
  });
  const close = (): void => {
    cancel();
    signal.removeEventListener('abort', close);
    socket.close();
    resolve(duplicates);
  };
  const cancel = onDeadline(clock, until, close);
  signal.addEventListener('abort', close);
  return promise;
}
