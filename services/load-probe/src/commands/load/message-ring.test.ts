import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageRing } from './message-ring.ts';

const SIZE = 32;

/** A ring and the stream that it writes to. */
function ringOf(slots: number): { ring: MessageRing; written: Buffer[] } {
  return { ring: new MessageRing({ slots, sizeBytes: SIZE, run: 7 }), written: [] };
}

/** Writes the queued messages. The bytes are copied, as the kernel does it. */
function write(ring: MessageRing, written: Buffer[]): void {
  ring.writeTo({ write: (bytes: Buffer) => written.push(Buffer.from(bytes)) });
}

describe('MessageRing', () => {
  it('should report messages in order, however many are queued and however the echo is divided', () => {
    const steps = fc.array(fc.record({ add: fc.nat(5), read: fc.integer({ min: 1, max: 3 * SIZE }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), steps, (slots, all) => {
        const { ring, written } = ringOf(slots);
        const answered: number[] = [];
        let due = 0;
        let returned = 0;
        for (const { add, read } of all) {
          for (let count = 0; count < add && ring.capacity > 0; count += 1) {
            ring.add(due, 0);
            due += 1;
          }
          write(ring, written);
          const chunk = Buffer.concat(written).subarray(returned, returned + read);
          returned += chunk.length;
          expect(ring.receive(chunk, chunk.length, (dueMs) => answered.push(dueMs))).toBeUndefined();
          expect(ring.underWay).toBe(due - answered.length);
        }
        expect(Buffer.concat(written)).toHaveLength(due * SIZE);
        expect(answered).toEqual(Array.from({ length: Math.floor(returned / SIZE) }, (_, index) => index));
      }),
    );
  });

  it('should see any changed byte, in any of the messages', () => {
    fc.assert(
      fc.property(fc.nat(4 * SIZE - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const { ring, written } = ringOf(4);
        for (let due = 0; due < 4; due += 1) ring.add(due, 0);
        write(ring, written);
        const echo = Buffer.concat(written);
        echo[index]! ^= change;
        const answered: number[] = [];
        expect(ring.receive(echo, echo.length, (due) => answered.push(due))).toMatchObject({
          outcome: 'corrupt',
        });
        expect(answered).toHaveLength(Math.floor(index / SIZE));
      }),
    );
  });

  it('should see the echo of one message where that of another one belongs', () => {
    const { ring, written } = ringOf(2);
    ring.add(0, 0);
    ring.add(1, 0);
    write(ring, written);
    const [both] = written;
    const swapped = Buffer.concat([both!.subarray(SIZE), both!.subarray(0, SIZE)]);
    expect(ring.receive(swapped, swapped.length, () => {})).toMatchObject({ outcome: 'corrupt' });
  });

  it('should report bytes after the last echo, and bytes without a message under way', () => {
    const { ring, written } = ringOf(1);
    expect(ring.receive(Buffer.from('x'), 1, () => {})).toBe('unexpected');
    ring.add(0, 0);
    write(ring, written);
    const more = Buffer.concat([...written, Buffer.from('x')]);
    expect(ring.receive(more, more.length, () => {})).toEqual({
      outcome: 'corrupt',
      detail: `more than the ${SIZE} bytes sent came back`,
    });
  });
});
