import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../tests/harness/collect-garbage.ts';
import { cpuMsOf } from '../../../../tests/harness/cpu-time.ts';
import { ChunkFraming, DelimiterFraming } from './framing.ts';

const MAX_BYTES = 24;

/** Few different bytes, so that messages often contain the beginning of a delimiter. */
const byte = fc.integer({ min: 0x61, max: 0x63 });
const anyBytes = (length: { minLength: number; maxLength: number }) =>
  fc.array(byte, length).map((bytes) => Buffer.from(bytes));
const anyDelimiter = anyBytes({ minLength: 1, maxLength: 4 });
/** Positions at which to cut, as shares of the stream's length. */
const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

function cut(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const at = cuts.map((share) => Math.floor(share * stream.length)).sort((a, b) => a - b);
  return [0, ...at]
    .map((from, index) => stream.subarray(from, at[index] ?? stream.length))
    .filter(({ length }) => length > 0);
}

/** The result of a stream: its messages as text, and the error that ended it, if any. */
interface Framed {
  readonly messages: string[];
  readonly error?: string;
}

function frame(framing: DelimiterFraming | ChunkFraming, chunks: readonly Buffer[], end = true): Framed {
  const messages: string[] = [];
  try {
    for (const chunk of chunks) {
      for (const message of framing.push(chunk)) messages.push(message.toString('latin1'));
    }
    const last = end ? framing.finish() : undefined;
    if (last) messages.push(last.toString('latin1'));
    return { messages };
  } catch (error) {
    return { messages, error: (error as Error).message };
  }
}

/** The expected result, computed from the whole stream at once. */
function expectedOf(stream: Buffer, delimiter: Buffer, maxBytes: number): Framed {
  const pieces = stream.toString('latin1').split(delimiter.toString('latin1'));
  const tooLong = pieces.findIndex(({ length }) => length > maxBytes);
  if (tooLong >= 0) {
    return { messages: pieces.slice(0, tooLong), error: `message longer than ${maxBytes} bytes` };
  }
  // The last piece has no delimiter; when it is empty there is no message.
  return { messages: pieces.at(-1) === '' ? pieces.slice(0, -1) : pieces };
}

describe('delimiter framing', () => {
  it('should find the messages of any stream, however it is cut and however long they are', () => {
    fc.assert(
      fc.property(
        anyBytes({ minLength: 0, maxLength: 60 }),
        anyDelimiter,
        fc.integer({ min: 1, max: MAX_BYTES }),
        anyCuts,
        (stream, delimiter, maxBytes, cuts) => {
          const framed = frame(new DelimiterFraming(delimiter, maxBytes), cut(stream, cuts));
          expect(framed).toEqual(expectedOf(stream, delimiter, maxBytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('should return any messages that do not contain the delimiter, of any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: MAX_BYTES })),
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        anyCuts,
        (messages, delimiterBytes, cuts) => {
          const delimiter = Buffer.from(delimiterBytes);
          const ended = messages.map((message) => Buffer.concat([message, delimiter]));
          fc.pre(ended.every((bytes) => bytes.indexOf(delimiter) === bytes.length - delimiter.length));
          const framing = new DelimiterFraming(delimiter, MAX_BYTES);
          expect(frame(framing, cut(Buffer.concat(ended), cuts)).messages).toEqual(
            messages.map((message) => Buffer.from(message).toString('latin1')),
          );
        },
      ),
    );
  });

  it('should return messages that stay unchanged while more bytes arrive', () => {
    const framing = new DelimiterFraming(Buffer.from('|'), MAX_BYTES);
    const chunks = ['on', 'e', '|tw', 'o', '|thr', 'ee|', 'four|'].map((text) => Buffer.from(text));
    const messages = chunks.flatMap((chunk) => [...framing.push(chunk)]);
    expect(messages.map(String)).toEqual(['one', 'two', 'three', 'four']);
  });

  describe.each(['|', '\r\n', '--==', 'aab'])('with the delimiter %j', (text) => {
    const delimiter = Buffer.from(text);
    /** Of bytes that no delimiter here has. */
    const longest = Buffer.alloc(MAX_BYTES, 'x');

    it('should accept a message of exactly the longest length, its delimiter cut anywhere', () => {
      for (let at = 0; at <= delimiter.length; at += 1) {
        const stream = Buffer.concat([longest, delimiter]);
        const chunks = [stream.subarray(0, MAX_BYTES + at), stream.subarray(MAX_BYTES + at)];
        expect(frame(new DelimiterFraming(delimiter, MAX_BYTES), chunks)).toEqual({
          messages: [longest.toString()],
        });
      }
    });

    it('should refuse one byte more at once, without waiting for what follows', () => {
      for (const chunks of [[Buffer.concat([longest, Buffer.from('x')])], [longest, Buffer.from('x')]]) {
        expect(frame(new DelimiterFraming(delimiter, MAX_BYTES), chunks, false)).toEqual({
          messages: [],
          error: `message longer than ${MAX_BYTES} bytes`,
        });
      }
    });

    it('should refuse one byte more when only its last byte shows that it is no delimiter', () => {
      const almost = Buffer.concat([longest, delimiter.subarray(0, -1)]);
      const framing = new DelimiterFraming(delimiter, MAX_BYTES);
      expect(frame(framing, [almost], false)).toEqual({ messages: [] });
      expect(frame(framing, [Buffer.from('x')], false).error).toBe(`message longer than ${MAX_BYTES} bytes`);
    });

    it('should return the messages before a message that is too long', () => {
      const stream = Buffer.from(`one${text}two${text}${'x'.repeat(MAX_BYTES + 1)}${text}`);
      expect(frame(new DelimiterFraming(delimiter, MAX_BYTES), [stream])).toEqual({
        messages: ['one', 'two'],
        error: `message longer than ${MAX_BYTES} bytes`,
      });
    });
  });

  it('should never keep more than the longest message and an incomplete delimiter', () => {
    fc.assert(
      fc.property(
        fc.array(anyBytes({ minLength: 1, maxLength: 40 }), { maxLength: 10 }),
        anyDelimiter,
        (chunks, delimiter) => {
          const framing = new DelimiterFraming(delimiter, MAX_BYTES);
          // Bytes that were neither returned nor refused are kept, because a FIN could still make them a message.
          let kept = 0;
          for (const chunk of chunks) {
            kept += chunk.length;
            const { messages, error } = frame(framing, [chunk], false);
            if (error !== undefined) return;
            for (const message of messages) kept -= message.length + delimiter.length;
            expect(kept).toBeLessThanOrEqual(MAX_BYTES + delimiter.length - 1);
          }
        },
      ),
    );
  });

  it('should not keep whole packets alive for the few bytes it still needs of each', () => {
    const framings = Array.from({ length: 200 }, () => new DelimiterFraming(Buffer.from('|'), MAX_BYTES));
    const before = bufferedBytes();
    for (const framing of framings) {
      const packet = Buffer.alloc(64 * 1024, 'message|');
      packet.write('the rest', packet.length - 8);
      expect([...framing.push(packet)].length).toBe(packet.length / 8 - 1);
    }
    expect(bufferedBytes() - before).toBeLessThan(1024 * 1024);
    expect(framings.map((framing) => String(framing.finish()))).toEqual(framings.map(() => 'the rest'));
  });

  it('should accept a very long message in small pieces without copying the whole message each time', () => {
    const maxBytes = 16 * 1024 * 1024;
    const piece = Buffer.alloc(1_448, 'x');
    const pieces = Math.floor(maxBytes / piece.length);
    const framing = new DelimiterFraming(Buffer.from('|'), maxBytes);
    const spentMs = cpuMsOf(() => {
      for (let index = 0; index < pieces; index += 1) expect([...framing.push(piece)]).toEqual([]);
      const [message] = [...framing.push(Buffer.from('|'))];
      expect(message?.length).toBe(pieces * piece.length);
    });
    // Copying the whole message for each piece would move 100 GB.
    expect(spentMs).toBeLessThan(5_000);
  });
});

describe('chunk framing', () => {
  it('should return every chunk as a message', () => {
    const chunks = ['one', '\t', 'two\tthree'].map((text) => Buffer.from(text));
    expect(frame(new ChunkFraming(MAX_BYTES), chunks)).toEqual({ messages: ['one', '\t', 'two\tthree'] });
  });

  it('should take a chunk of the longest length and refuse one byte more', () => {
    const longest = 'x'.repeat(MAX_BYTES);
    expect(frame(new ChunkFraming(MAX_BYTES), [Buffer.from(longest), Buffer.from(`${longest}x`)])).toEqual({
      messages: [longest],
      error: `message longer than ${MAX_BYTES} bytes`,
    });
  });
});

function bufferedBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
