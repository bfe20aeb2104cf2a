/**
 * Preloaded: connections overwrite the read buffer as soon as the handler returns. Code that keeps or still writes these
 * bytes then sends the poison at once, not only when the next read happens to use the same memory.
 */
import { TcpConnection } from '../../packages/sockets/src/tcp/connection.ts';

export const POISON = 0xdb;

const { received } = TcpConnection.prototype;

// Test files that share a process each run this again.
if (received.name !== receivedAndPoisoned.name) TcpConnection.prototype.received = receivedAndPoisoned;

function receivedAndPoisoned(this: TcpConnection, chunk: Buffer): void {
  received.call(this, chunk);
  chunk.fill(POISON);
}
