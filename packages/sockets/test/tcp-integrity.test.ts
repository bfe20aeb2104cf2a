import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';

describeTcpEngines((tcpEngine) => {
  const MIB = 1024 * 1024;
  /** More than fits into the send and receive buffers when the peer does not read. */
  const STUCK_BYTES = 10 * MIB;
  /** The largest read of both engines. */
  const READ_BYTES = 64 * 1024;

  /** Every client gets its own piece of this, so that the bytes of another client never match by chance. */
  const material = randomBytes(16 * MIB);

  interface Habit {
    readonly kind: 'steady' | 'sipping' | 'pausing' | 'resetting';
    readonly offset: number;
    /** `steady` and `sipping`: bytes that the client sends; `resetting`: bytes that it reads before the reset. */
    readonly bytes: number;
  }

  const habits = fc.array(
    fc.record({
      kind: fc.constantFrom<Habit['kind']>('steady', 'sipping', 'pausing', 'resetting'),
      offset: fc.nat(material.length - STUCK_BYTES),
      bytes: fc.oneof(fc.nat(1_000), fc.nat(2 * MIB)),
    }),
    { minLength: 2, maxLength: 5 },
  );

  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  /** Sends and reads as the habit says, and compares the echo as it comes. */
  async function converse(local: LocalListener, { kind, offset, bytes }: Habit): Promise<void> {
    const stuck = kind === 'pausing' || kind === 'resetting';
    const sent = material.subarray(offset, offset + (stuck ? STUCK_BYTES : bytes));
    const socket = connect({ port: local.port, host: '127.0.0.1', allowHalfOpen: true });
    const { promise: over, resolve, reject } = Promise.withResolvers<void>();
    let received = 0;
    if (stuck) socket.pause();
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.equals(sent.subarray(received, received + chunk.length))) {
        reject(new Error(`other bytes than were sent, within ${chunk.length} from ${received}`));
      }
      received += chunk.length;
      if (kind === 'resetting' && received > bytes) socket.resetAndDestroy();
      if (kind !== 'sipping') return;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.end(sent);
    if (stuck) {
      await new Promise((connected) => socket.once('connect', connected));
      const mine = () => local.connections.find(({ source }) => source.port === socket.localPort);
      while ((mine()?.pendingBytes ?? 0) === 0) await nextTurn();
      socket.resume();
    }
    await over;
    if (kind === 'resetting') expect(received).toBeGreaterThan(bytes);
    else expect(received).toBe(sent.length);
  }

  /** Reading stops while bytes are pending; a stream first reads on until it holds as much as one read. */
  const [numRuns, maxRead] = tcpEngine === 'epoll' ? [12, READ_BYTES] : [3, 2 * READ_BYTES];

  it('should give each client its own bytes, however all of them read', async () => {
    let maxPending = 0;
    const check = fc.asyncProperty(habits, async (all) => {
      await using local = await LocalListener.open({ tcpEngine }, (connection) => ({
        data(chunk) {
          connection.write(chunk);
          maxPending = Math.max(maxPending, connection.pendingBytes);
        },
        end: () => connection.end(),
      }));
      await Promise.all(all.map((habit) => converse(local, habit)));
      await local.holding(0);
      const resets = all.filter(({ kind }) => kind === 'resetting').length;
      const { client = 0, reset = 0 } = local.closed;
      expect(client + reset).toBe(all.length);
      expect(reset).toBeLessThanOrEqual(resets);
      if (resets === 0) expect(local.counters.sentBytes.value).toBe(local.counters.receivedBytes.value);
    });
    await fc.assert(check, {
      numRuns,
      // All clients share one listener.
      examples: [
        [
          (['pausing', 'steady', 'resetting', 'sipping', 'pausing'] as const).map((kind, index) => ({
            kind,
            offset: index * MIB,
            bytes: MIB,
          })),
        ],
      ],
    });
    expect(maxPending).toBeGreaterThan(0);
    expect(maxPending).toBeLessThanOrEqual(maxRead);
  });
});
