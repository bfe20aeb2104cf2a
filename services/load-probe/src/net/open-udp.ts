import type { Socket } from 'node:dgram';
import type { IpAddress } from '@echo-daytime/addresses';
import { hostPort } from '../targets/target.ts';
import { connectUdp } from './connect-socket.ts';
import type { Failed } from './each-address.ts';
import { type FlowFailure, failureOfDial } from './flow-failure.ts';

export interface OpenedUdp {
  /** Connected, without listeners. */
  readonly socket: Socket;
  readonly peer: string;
}

export function openUdp(address: IpAddress, port: number): Promise<OpenedUdp | Failed> {
  const { promise, resolve } = Promise.withResolvers<OpenedUdp | Failed>();
  const peer = hostPort(address.address, port);
  const socket = connectUdp(address, port);
  socket.once('error', (error) => {
    socket.removeAllListeners();
    socket.close();
    resolve({ failure: failureOfDial(error, peer, address.family) });
  });
  socket.once('connect', () => {
    socket.removeAllListeners();
    resolve({ socket, peer });
  });
  return promise;
}

/** UDP does not tell what got lost, or whether anything did. */
export function udpSilence(peer: string, waitedMs: number): FlowFailure {
  return { kind: 'lost', words: `no answer from ${peer} within ${waitedMs} ms` };
}
