import type { Libc } from '../../native/libc.ts';
import { MSG_WAITFORONE } from '../../native/numbers.ts';
import { NAME } from '../../native/socket-address.ts';
import { SourceNames } from '../../native/source-names.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import { DatagramBatch } from './datagram-batch.ts';
import type { MessageLayout } from './layout.ts';

/** Of different lengths, an empty one and one that ends in zeros among them. */
const PAYLOADS = ['the first', '', 'and a third\0'];

/** A family of sockets, with a client and one of this host's addresses that is not the one routing would choose. */
const routes = {
  ipv4: [{ listen: '0.0.0.0', client: '127.0.0.1', server: '127.0.0.2' }],
  // IPv4 on a socket for both, which is all there is where a host has no address of IPv6.
  ipv6: [
    { listen: '::', client: '127.0.0.1', server: '127.0.0.2' },
    { listen: '::', client: '::1', server: '::1' },
  ],
} as const;

/**
 * Has the kernel fill in and read every field that datagrams are moved with, on loopback, and compares.
 *
 * @returns what is not as `layout` has it, or undefined when all is
 */
export function mismatch(libc: Libc, layout: MessageLayout, family: keyof typeof routes): string | undefined {
  for (const route of routes[family]) {
    const wrong = mismatchOn(libc, layout, route);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function mismatchOn(
  libc: Libc,
  layout: MessageLayout,
  route: { readonly listen: string; readonly client: string; readonly server: string },
): string | undefined {
  const options = { port: 0, reusePort: false, ipv6Only: false };
  using sockets = new DisposableStack();
  const open = (host: string) => sockets.adopt(new UdpSocket(libc, { ...options, host }), (it) => it.close());
  const batch = new DatagramBatch(libc, layout);
  const server = open(route.listen);
  const client = clientOf(() => open(route.client));
  if (!client) return undefined;
  const to = client.name(route.server, server.port);
  for (const payload of PAYLOADS) client.send(bytesOf(payload), to);

  for (let index = 0; index < PAYLOADS.length; ) {
    const count = batch.receive(server.fd, MSG_WAITFORONE);
    if (count < 0 || count > PAYLOADS.length - index) return `recvmmsg returned ${count}`;
    if (count === 0) return `recvmmsg found ${index} of ${PAYLOADS.length} datagrams`;
    for (let slot = 0; slot < count; slot += 1, index += 1) {
      const payload = PAYLOADS[index]!;
      const { sources } = batch;
      const found = {
        length: batch.length(slot),
        address: sources.address(slot),
        port: sources.port(slot),
      };
      const address = new SourceNames(
        client.name(route.client, 0),
        0,
        1,
        client.name(route.client, 0).byteLength,
      );
      const wanted = { length: payload.length, address: address.address(0), port: client.port };
      if (JSON.stringify(found) !== JSON.stringify(wanted)) {
        return `recvmmsg gave ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`;
      }
      if (batch.request(slot).toString('latin1') !== payload)
        return 'recvmmsg gave other bytes than were sent';
      batch.answer(slot, batch.request(slot));
    }
    batch.flush(server.fd);
    if (batch.sent !== count) return `sendmmsg sent ${batch.sent} of ${count} datagrams`;
  }
  return wrongAnswer(client, to);
}

/** Undefined where the host lacks the address, which says nothing of layouts. */
function clientOf(open: () => UdpSocket): UdpSocket | undefined {
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined;
    throw error;
  }
}

/** What a client gets that does not come from where it asked, or is not what it sent. */
function wrongAnswer(client: UdpSocket, server: ArrayBuffer): string | undefined {
  const answer = new ArrayBuffer(64);
  for (const payload of PAYLOADS) {
    const from = new ArrayBuffer(NAME.bytes);
    const length = client.receive(answer, from);
    if (Buffer.from(answer, 0, length).toString('latin1') !== payload) return 'sendmmsg sent other bytes';
    // Port and address: what is behind them, a socket address may have as it likes.
    const names = [from, server].map((name) =>
      Buffer.from(name).subarray(0, server.byteLength).toString('hex'),
    );
    if (names[0] !== names[1]) return `sendmmsg answered from ${names[0]}, not ${names[1]}`;
  }
  return undefined;
}

function bytesOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'latin1')).buffer;
}
