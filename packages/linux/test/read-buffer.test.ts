import { describe, expect, it } from 'vitest';
import { ReadBuffer } from '../src/epoll/read-buffer.ts';
import { TcpCalls } from '../src/epoll/tcp-calls.ts';
import { openLibc } from '../src/ffi.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

function open(): ReadBuffer {
  const libc = openLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  return new ReadBuffer(new TcpCalls(libc));
}

describe('ReadBuffer', () => {
  it('should read less at a time while many bytes are pending', () => {
    const reads = open();
    const sizes = [0, 16 * MIB - 1, 1, -1, -16 * MIB].map((bytes) => {
      reads.addPending(bytes);
      return Number(reads.size) / KIB;
    });
    expect(sizes.slice(1)).toEqual([16, 4, 16, 16]);
  });

  it('should reuse its view while reads have the same length', () => {
    const reads = open();
    const first = reads.taken(64);
    expect(reads.taken(64)).toBe(first);
    expect(reads.length).toBe(64n);
    expect(reads.taken(65)).not.toBe(first);
    expect(reads.length).toBe(65n);
  });
});
