import type { Socket } from 'node:net';
import { decodePayload, type PayloadHeader, peekPayload } from '../src/payload/payload.ts';

/** The default size of targets. */
const SIZE_BYTES = 64;

/** Calls back with each whole payload, however the chunks are cut. */
export function eachPayload(
  socket: Socket,
  receive: (payload: Buffer, header: Pick<PayloadHeader, 'run' | 'sequence'>) => void,
): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (; received.length >= SIZE_BYTES; received = received.subarray(SIZE_BYTES)) {
      const payload = received.subarray(0, SIZE_BYTES);
      receive(payload, decodePayload(payload) ?? { run: -1, sequence: -1 });
    }
  });
}

/** Calls back with the header of each payload, because comparing all bytes of large payloads takes long. */
export function eachHeader(
  socket: Socket,
  sizeBytes: number,
  receive: (header: Pick<PayloadHeader, 'run' | 'sequence'>) => void,
): void {
  let head = Buffer.alloc(0);
  let missing = sizeBytes;
  socket.on('data', (chunk: Buffer) => {
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, missing);
      if (head.length < SIZE_BYTES) {
        head = Buffer.concat([head, part.subarray(0, SIZE_BYTES - head.length)]);
        if (head.length === SIZE_BYTES) receive(peekPayload(head) ?? { run: -1, sequence: -1 });
      }
      rest = rest.subarray(part.length);
      missing -= part.length;
      if (missing > 0) continue;
      head = Buffer.alloc(0);
      missing = sizeBytes;
    }
  });
}
