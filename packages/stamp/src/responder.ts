/** Fields behind each other, `pod=echo-7d9f node=n1`: printable ASCII, with a space between two. */
const FIELDS = /^[!-~]+(?: [!-~]+)*$/;
const SPACE = 0x20;

/**
 * The value of the TLV that tells who answers, then zeros. A field that the sender left no room for is left out, and so
 * are those behind it: a part of a name may be the name of another.
 */
export class ResponderValue {
  readonly #text: Uint8Array;
  /** Lengths of the text after its first field, after the second, and so on. */
  readonly #ends: readonly number[];

  constructor(fields: string) {
    if (!FIELDS.test(fields)) throw new Error(`${JSON.stringify(fields)} must be fields of printable ASCII`);
    this.#text = new TextEncoder().encode(fields);
    this.#ends = [...this.#text.keys(), this.#text.length].filter(
      (at) => at === this.#text.length || this.#text[at] === SPACE,
    );
  }

  /** @returns false where there is no room for the first field: then nothing is written */
  write(bytes: Uint8Array, at: number, length: number): boolean {
    let written = 0;
    for (const end of this.#ends) {
      if (end > length) break;
      written = end;
    }
    if (written === 0) return false;
    for (let index = 0; index < length; index += 1) {
      bytes[at + index] = index < written ? this.#text[index]! : 0;
    }
    return true;
  }
}

/** The fields of a value; undefined where there are none, or what stands there is something else. */
export function readResponder(value: Uint8Array): string | undefined {
  const end = value.indexOf(0);
  const text = String.fromCharCode(...value.subarray(0, end < 0 ? value.length : end));
  return FIELDS.test(text) ? text : undefined;
}
