/** Writes the encoding of Protocol Buffers, https://protobuf.dev/programming-guides/encoding/ */
const TEXT = new TextEncoder();
const MAX_VARINT_BYTES = 10;

export class ProtobufWriter {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written since the last reset; valid until more is written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written, and a reset. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** @param value a whole number that is not negative, up to 2^53 */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    // Operators on bits take 32 only.
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    for (; rest >= 0x80; rest >>>= 7) this.#byte((rest & 0x7f) | 0x80);
    this.#byte(rest);
  }

  /** Fields of a type that is a varint. */
  uint(field: number, value: number): void {
    this.varint(field << 3);
    this.varint(value);
  }

  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | 1);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(field: number, value: string): void {
    this.bytes(field, TEXT.encode(value));
  }

  /** A message, or whatever else is of bytes. */
  bytes(field: number, value: Uint8Array): void {
    this.header(field, value.length);
    this.append(value);
  }

  /** Begins a field whose bytes are written next. */
  header(field: number, length: number): void {
    this.varint((field << 3) | 2);
    this.varint(length);
  }

  append(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #byte(byte: number): void {
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** The length of a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** A number with a sign as one without: 0, -1, 1, -2, … are 0, 1, 2, 3, … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
