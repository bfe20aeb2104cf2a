/**
 * Preloaded: connections forget what they read as soon as their handler has been told. Bytes that somebody keeps or still
 * writes then come out as poison at once, not only when the next read happens to hit the same place.
 */
import { TcpConnection } from '../../packages/sockets/src/tcp/connection.ts';

export const POISON = 0xdb;

const { received } = TcpConnection.prototype;

// Test files that share a process run this again, each for itself.
if (received.name !== receivedAndForgotten.name) TcpConnection.prototype.received = receivedAndForgotten;

function receivedAndForgotten(this: TcpConnection, chunk: Buffer): void {
  received.call(this, chunk);
  chunk.fill(POISON);
}
