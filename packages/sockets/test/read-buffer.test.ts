import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { openLibc } from '../src/native/libc.ts';
import { TcpCalls } from '../src/native/tcp-calls.ts';
import { ReadBuffer } from '../src/tcp/read-buffer.ts';
import { LocalListener } from './fixtures/local-listener.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

function open(): ReadBuffer {
  const libc = openLibc();
  if ('reason' in libc) throw new Error(libc.reason);
  return new ReadBuffer(new TcpCalls(libc));
}

describe('ReadBuffer', () => {
  it('should read less at a time while much is kept for peers that do not read', () => {
    const reads = open();
    const sizes = [0, 16 * MIB - 1, 1, -1, -16 * MIB].map((bytes) => {
      reads.owe(bytes);
      return Number(reads.size) / KIB;
    });
    expect(sizes.slice(1)).toEqual([16, 4, 16, 16]);
  });

  it('should make one view of reads of one length', () => {
    const reads = open();
    const first = reads.taken(64);
    expect(reads.taken(64)).toBe(first);
    expect(reads.length).toBe(64n);
    expect(reads.taken(65)).not.toBe(first);
    expect(reads.length).toBe(65n);
  });

  it('should stay where it is, whatever is collected', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await using local = await LocalListener.open();
    using client = await TcpClient.connect(local.port);
    for (let round = 0; round < 20; round += 1) {
      collect();
      expect(await client.ask(`round ${round}`)).toBe(`round ${round}`);
    }
  });
});
