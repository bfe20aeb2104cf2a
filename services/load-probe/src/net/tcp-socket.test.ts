import { once } from 'node:events';
import type { TcpInfo } from '@echo-daytime/linux';
import { expect, it } from 'vitest';
import { retransmitNote, TcpSocket } from './tcp-socket.ts';

/** A socket that the kernel tells of until it is closed; `kernel` may be changed. */
function socketWith(kernel: { retransmits: number }): TcpSocket {
  const values = { read: () => !socket.closed, rttMs: 0.5, sentMss: 1448, ecn: 'off' };
  const socket: TcpSocket = new TcpSocket({}, Object.assign(kernel, values) as unknown as TcpInfo);
  return socket;
}

const connection = { rttMs: 0.5, mss: 1448, ecn: 'off' };

it('should count for each sample what was sent again during it', () => {
  const kernel = { retransmits: 2 };
  const socket = socketWith(kernel);
  socket.connected();
  expect(socket.stats()).toEqual({ retransmits: 2, synRetransmits: 2, connection });
  const before = socket.retransmits;
  expect(socket.stats(before)).toEqual({ retransmits: 0, synRetransmits: 0, connection });
  kernel.retransmits = 5;
  expect(socket.stats(before)).toEqual({ retransmits: 3, synRetransmits: 0, connection });
  expect(socket.stats()).toEqual({ retransmits: 5, synRetransmits: 2, connection });
});

it('should keep what was known when the socket was closed', async () => {
  const kernel = { retransmits: 1 };
  const socket = socketWith(kernel);
  socket.connected();
  await once(socket.destroy(), 'close');
  kernel.retransmits = 9;
  expect(socket.stats()).toEqual({ retransmits: 1, synRetransmits: 1, connection });
  expect(socket.retransmits).toBe(1);
});

it('should count SYNs alone before it is connected', () => {
  const socket = socketWith({ retransmits: 2 });
  expect(socket.stats()).toEqual({ retransmits: 2, synRetransmits: 2, connection: undefined });
});

it('should know nothing where the kernel is not asked', () => {
  const socket = new TcpSocket({}, undefined);
  socket.connected();
  expect([socket.stats(), socket.stats(1), socket.retransmits]).toEqual([undefined, undefined, 0]);
});

it.each([
  [0, 0, ''],
  [1, 1, 'connected, but a SYN was lost, or its answer lost or late: 2 SYNs were sent'],
  [1, 0, '1 segment retransmitted'],
  [
    5,
    2,
    'connected, but a SYN was lost, or its answer lost or late: 3 SYNs were sent; 3 segments retransmitted',
  ],
])('should note %d retransmits, %d of them SYNs', (retransmits, synRetransmits, note) => {
  const stats = { retransmits, synRetransmits, connection: { ...connection, ecn: 'off' as const } };
  expect(retransmitNote(stats)).toBe(note);
  expect(retransmitNote({ ...stats, connection: undefined })).toBe('');
});
