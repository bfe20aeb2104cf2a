import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { NetTransport } from '../src/tcp/net-transport.ts';
import { SendQueues } from '../src/tcp/send-queues.ts';

const unacknowledged = (socket: Socket) => new NetTransport(socket).unacknowledged(new SendQueues());

// Other systems have no /proc/net.
describe('SendQueues', skipFor(notLinux), () => {
  it.each(['127.0.0.1', '::1'])(
    'should give the bytes that a peer has not acknowledged, over %s',
    async (host) => {
      const accepted = Promise.withResolvers<Socket>();
      const server = createServer(accepted.resolve).listen(0, host);
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      const peer = connect(port, host).pause();
      const socket = await accepted.promise;
      try {
        expect(unacknowledged(socket)).toBe(0);

        const total = 16 * 1024 * 1024;
        socket.write(Buffer.alloc(total));
        const left = await eventually(() => {
          const [first, second] = [unacknowledged(socket), unacknowledged(socket)];
          expect(first).toBeGreaterThan(0);
          expect(second).toBe(first);
          return first;
        });
        // The rest is in the receive buffer of the peer: acknowledged, though not read.
        expect(left).toBeLessThan(total);

        peer.resume();
        await eventually(() => expect(unacknowledged(socket)).toBe(0));
      } finally {
        peer.destroy();
        socket.destroy();
        server.close();
      }
      expect(unacknowledged(socket)).toBeUndefined();
    },
  );
});
