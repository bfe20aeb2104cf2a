import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload, judgeChunk, judgeEcho, MIN_PAYLOAD_BYTES } from './payload.ts';

const header = fc.record({
  run: fc.nat(2 ** 32 - 1),
  sequence: fc.nat(2 ** 32 - 1),
  sentAt: fc.double({ min: 0, max: 1e13, noNaN: true }),
});
const size = fc.integer({ min: MIN_PAYLOAD_BYTES, max: 2_000 });

describe('a payload', () => {
  it('should be decoded from its bytes', () => {
    fc.assert(
      fc.property(header, size, (given, bytes) => {
        const payload = encodePayload(given, bytes);
        expect(payload).toHaveLength(bytes);
        expect(decodePayload(payload)).toEqual(given);
        expect(judgeEcho(Buffer.from(payload), payload)).toEqual({ outcome: 'ok' });
      }),
    );
  });

  it('should be corrupt with any bit changed', () => {
    fc.assert(
      fc.property(header, size, fc.nat(), (given, bytes, bit) => {
        const payload = encodePayload(given, bytes);
        const changed = Buffer.from(payload);
        const at = bit % (bytes * 8);
        changed[at >> 3]! ^= 1 << (at & 7);
        expect(decodePayload(changed)).toBeUndefined();
        const result = judgeEcho(changed, payload);
        expect(result).toMatchObject({
          outcome: 'corrupt',
          detail: expect.stringMatching(`^byte ${at >> 3} `),
        });
      }),
    );
  });

  it('should be truncated at any shorter length', () => {
    fc.assert(
      fc.property(header, size, fc.nat(), (given, bytes, cut) => {
        const payload = encodePayload(given, bytes);
        expect(judgeEcho(payload.subarray(0, cut % bytes), payload).outcome).toBe('truncated');
      }),
    );
  });

  it('should be right in a stream, however it is divided into chunks', () => {
    fc.assert(
      fc.property(header, size, fc.array(fc.integer({ min: 1, max: 400 })), (given, bytes, cuts) => {
        const payload = encodePayload(given, bytes);
        let offset = 0;
        for (const cut of [...cuts, bytes]) {
          const chunk = payload.subarray(offset, offset + cut);
          expect(judgeChunk(chunk, payload, offset)).toBeUndefined();
          offset += chunk.length;
        }
        expect(offset).toBe(bytes);
      }),
    );
  });
});
