import type { IpAddress } from '@echo-daytime/addresses';
import { dialTcp } from '../../net/dial-tcp.ts';
import { type Failed, hasFailed } from '../../net/each-address.ts';
import type { UdpEngine } from '../../net/udp-socket.ts';
import type { Clock } from '../../sampling/clock.ts';
import type { IdleFlow } from './idle-flow.ts';
import { type IdleProtocol, type IdleRequest, requestOf } from './request.ts';
import { TcpIdleFlow } from './tcp-idle-flow.ts';
import { UdpIdleFlow } from './udp-idle-flow.ts';
import type { UnderWay } from './under-way.ts';

export interface IdleFlowOptions {
  readonly protocol: IdleProtocol;
  readonly port: number;
  /** For the connect, and for each answer; milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly underWay: UnderWay;
  readonly signal: AbortSignal;
}

export interface OpenedIdleFlow {
  readonly flow: IdleFlow;
  readonly address: IpAddress;
  readonly remote: string;
}

/** A random number in every request, so that replies to other probes are not taken for ours. */
const run = Math.trunc(Math.random() * 2 ** 32);
let sequence = 0;

/**
 * Opens a flow and does one exchange, so that every stateful middlebox on the path has an entry for it.
 *
 * @throws the signal's reason when aborted
 */
export async function openIdleFlow(
  address: IpAddress,
  options: IdleFlowOptions,
): Promise<OpenedIdleFlow | Failed<{ readonly detail: string }>> {
  const { clock, port, protocol, signal, timeoutMs, udp, underWay } = options;
  signal.throwIfAborted();
  const nextRequest = (): IdleRequest => {
    sequence += 1;
    return requestOf(protocol, run, sequence);
  };
  const dial = { clock, signal, deadlineMs: clock.now() + timeoutMs, isByHand: true, allowHalfOpen: true };
  underWay.begin(dial, 'connect');
  const opening = protocol === 'echo-udp' ? udp.open(address, port) : dialTcp(address, port, dial);
  const opened = await opening.finally(() => underWay.end(dial));
  if (hasFailed(opened)) return opened;
  const { remote, socket } = opened;
  const flow =
    'listen' in socket
      ? new UdpIdleFlow(socket, remote, clock, nextRequest)
      : new TcpIdleFlow(socket, remote, clock, nextRequest);
  const abort = (): void => flow.close();
  signal.addEventListener('abort', abort);
  underWay.begin(flow, 'first_exchange');
  const { death } = await flow.ask(timeoutMs);
  underWay.end(flow);
  signal.removeEventListener('abort', abort);
  signal.throwIfAborted();
  if (!death) {
    underWay.begin(flow, 'idle');
    return { flow, address, remote };
  }
  flow.close();
  return { failure: { detail: `${death.detail}, before it was idle at all` } };
}
