import { DatagramBatch, type Libc, linux64, loadLibc, RealTimeClock, UdpSocket } from '@echo-daytime/linux';
import { describe, expect, it } from 'vitest';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { MSG_WAITFORONE } from '../src/constants.ts';
import { datagramMismatch } from '../src/self-check.ts';
import { sockaddrOf } from '../src/sockaddr.ts';

function openLibc(): Libc {
  const libc = loadLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  return libc;
}

describe('the header of a received datagram', skipFor(notLinux), () => {
  const open = (libc: Libc, host: string) =>
    new UdpSocket(libc, { host, port: 0, reusePort: false, ipv6Only: false, receiveHeader: true });

  it.each(['ipv4', 'ipv6'] as const)('should be as the self-check expects it, on %s sockets', (family) => {
    expect(datagramMismatch(openLibc(), linux64, family, true)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', '127.0.0.1', '127.0.0.2'],
    ['127.0.0.2', '127.0.0.1', '127.0.0.2'],
    ['::', '127.0.0.1', '127.0.0.2'],
    ['::', '::1', '::1'],
  ])('should tell flows apart and set the class of a reply: %s, from %s to %s', (listen, from, to) => {
    const libc = openLibc();
    const batch = new DatagramBatch(libc, linux64, true);
    const clock = new RealTimeClock(libc);
    const server = open(libc, listen);
    const clients = [open(libc, from), open(libc, from)];
    try {
      const target = sockaddrOf(libc, to, server.port);
      clock.read();
      const before = clock.seconds * 1e9 + clock.nanoseconds;
      const flows = [0, 1, 0].map((which) => {
        clients[which]!.send(new ArrayBuffer(44), target);
        expect(batch.receive(server.fd, 1, MSG_WAITFORONE)).toBe(1);
        const header = batch.readHeader(0);
        batch.setTrafficClass(0, 0xb8);
        batch.reply(0, batch.request(0));
        batch.flush(server.fd, 0);
        expect(batch.sent).toBe(1);
        const at = header.seconds * 1e9 + header.nanoseconds;
        clock.read();
        expect(at).toBeGreaterThanOrEqual(before);
        expect(at).toBeLessThanOrEqual(clock.seconds * 1e9 + clock.nanoseconds);
        return header.flow.join();
      });
      expect(flows[2]).toBe(flows[0]);
      expect(flows[1]).not.toBe(flows[0]);
      // The clients' own batch tells what the replies were sent with.
      for (const client of clients) {
        expect(batch.receive(client.fd, 1, MSG_WAITFORONE)).toBe(1);
        expect(batch.readHeader(0).trafficClass).toBe(0xb8);
      }
    } finally {
      for (const socket of [server, ...clients]) socket.close();
    }
  });
});
