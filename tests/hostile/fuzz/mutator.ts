import { unescapeC } from '@echo-daytime/c-escapes';
import type { Random } from '../../harness/random.ts';

/** Maximum edits of one input. */
const MAX_EDITS = 6;
/** Maximum bytes that an edit removes, moves or repeats. */
const MAX_SPAN_BYTES = 32;
/** One repetition in this many is long, to find costs that grow faster than the input. */
const LONG_RUN_ODDS = 64;
/** Values at which parsers of numbers, lengths and texts behave differently. */
const INTERESTING = (
  '0|1|-1|00|9|10|99|127|128|255|256|1023|1024|65535|65536|2147483647|2147483648|4294967296|' +
  '9007199254740993|1e309|0x10|1.5|.5|NaN|\\0|\\x7f|\\x80|\\xff|\\xff\\xff|\\xc0\\xaf|\\xed\\xa0\\x80|' +
  '\\xf0\\x9f\\x98\\x80|\\xe2\\x80\\xa8|\\xef\\xbb\\xbf|\\r\\n|\\n|\\t| |"|\\\'|%|%00|%zz|__proto__'
)
  .split('|')
  .map(unescapeC);

/** Makes inputs from other inputs; the same random numbers give the same inputs. */
export class Mutator {
  readonly #random: Random;
  readonly #words: readonly Buffer[];
  readonly #maxBytes: number;

  constructor(random: Random, dictionary: readonly string[], maxBytes: number) {
    this.#random = random;
    this.#words = dictionary.map(unescapeC);
    this.#maxBytes = maxBytes;
  }

  /** A new input from an input of the corpus, which is not changed. */
  mutate(corpus: readonly Buffer[]): Buffer {
    let input = this.#random.pick(corpus);
    for (let edits = 1 + this.#random.below(MAX_EDITS); edits > 0; edits -= 1)
      input = this.#edit(input, corpus);
    return input.subarray(0, this.#maxBytes);
  }

  #edit(input: Buffer, corpus: readonly Buffer[]): Buffer {
    const random = this.#random;
    const at = random.below(input.length + 1);
    switch (random.below(10)) {
      case 0:
        return changed(input, at, (byte) => byte ^ (1 << random.below(8)));
      case 1:
        return changed(input, at, () => random.below(256));
      case 2:
        return changed(input, at, (byte) => byte + (random.below(2) === 0 ? 1 : -1));
      case 3:
        return spliced(input, at, 0, random.bytes(1 + random.below(4)));
      case 4:
        return spliced(input, at, 1 + random.below(MAX_SPAN_BYTES), Buffer.alloc(0));
      case 5:
        return spliced(
          input,
          at,
          0,
          this.#repeated(input.subarray(at, at + 1 + random.below(MAX_SPAN_BYTES))),
        );
      case 6:
        return spliced(input, at, random.below(4), random.pick(INTERESTING));
      case 7: {
        const other = random.pick(corpus);
        return Buffer.concat([input.subarray(0, at), other.subarray(random.below(other.length + 1))]);
      }
      case 8: {
        const other = random.pick(corpus);
        const from = random.below(other.length + 1);
        return spliced(input, at, random.below(4), other.subarray(from, from + MAX_SPAN_BYTES));
      }
      default: {
        if (this.#words.length === 0) return input;
        return spliced(input, at, random.below(4), random.pick(this.#words));
      }
    }
  }

  #repeated(span: Buffer): Buffer {
    const times = this.#random.below(LONG_RUN_ODDS) === 0 ? this.#maxBytes / Math.max(1, span.length) : 4;
    return Buffer.concat(Array.from({ length: 1 + this.#random.below(times) }, () => span));
  }
}

function changed(input: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(input);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = change(byte);
  return copy;
}

function spliced(input: Buffer, at: number, dropped: number, added: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), added, input.subarray(at + dropped)]);
}
