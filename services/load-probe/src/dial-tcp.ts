import { connect, type Socket } from 'node:net';
import { onDeadline } from './clock.ts';
import { dialFailure } from './failure.ts';
import type { Address } from './resolve.ts';
import type { Attempt } from './sample.ts';
import { hostPort } from './target.ts';
import type { Verdict } from './verdict.ts';

export type Dialled =
  | { readonly socket: Socket; readonly peer: string }
  | { readonly socket?: never; readonly verdict: Verdict };

/**
 * Connects to the first address that takes the connection, trying each in order. Each gets its even share of
 * the time left, so that an address that swallows everything does not hide one that works.
 *
 * @returns a paused socket without listeners, or the failure of the first address with the words of all
 * @throws the signal's reason when aborted
 */
export async function dialTcp(attempt: Attempt, addresses: readonly Address[]): Promise<Dialled> {
  const { clock, deadlineMs, target } = attempt;
  const verdicts: Exclude<Verdict, { outcome: 'ok' }>[] = [];
  for (const [index, address] of addresses.entries()) {
    const share = (deadlineMs - clock.now()) / (addresses.length - index);
    const peer = hostPort(address.address, target.port);
    const dialled = await dialAddress(attempt, address, peer, clock.now() + share);
    if (dialled.socket) return dialled;
    if (dialled.verdict.outcome !== 'ok') verdicts.push(dialled.verdict);
  }
  const [first] = verdicts;
  const outcome = first?.outcome ?? 'dns';
  return { verdict: { outcome, detail: verdicts.map(({ detail }) => detail).join('; ') } };
}

function dialAddress(
  { clock, signal, startMs, target }: Attempt,
  { address, family }: Address,
  peer: string,
  deadlineMs: number,
): Promise<Dialled> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>();
  const socket = connect({ host: address, port: target.port, family, noDelay: true });
  const cancel = onDeadline(clock, deadlineMs, () => {
    const waited = Math.round(clock.now() - startMs);
    // From here the two look the same: the SYN, or the ACK that ends the handshake, goes unanswered.
    const why = 'dropped on the way, or the listener has a full backlog';
    const detail = `no connection to ${peer} within ${waited} ms: ${why}`;
    fail({ outcome: 'connect_timeout', detail });
  });
  const done = (): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
  };
  const fail = (verdict: Verdict): void => {
    done();
    // A destroyed socket may still report an error of its own.
    socket.on('error', () => {});
    socket.destroy();
    resolve({ verdict });
  };
  const abort = (): void => {
    reject(signal.reason);
    fail({ outcome: 'connect_timeout', detail: '' });
  };
  signal.addEventListener('abort', abort);
  socket.once('connect', () => {
    done();
    resolve({ socket, peer });
  });
  socket.once('error', (error) => fail(dialFailure(error, peer, family)));
  return promise;
}
