/** How a reply is read: as it arrives, line by line, or at most n bytes at a time. */
export type ReadMode = 'all' | 'line' | number;

/** A longer line is divided into parts, so that a peer can't fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** Divides a stream into pieces by the read mode. */
export class PieceCutter {
  readonly #mode: ReadMode;
  #line = Buffer.alloc(0);

  constructor(mode: ReadMode) {
    this.#mode = mode;
  }

  /** The pieces that these bytes complete. */
  push(bytes: Buffer): Buffer[] {
    if (this.#mode === 'all') return [bytes];
    if (this.#mode === 'line') return this.#lines(bytes);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += this.#mode) pieces.push(bytes.subarray(at, at + this.#mode));
    return pieces;
  }

  /** The last line, where the stream ended without a line end. */
  end(): Buffer[] {
    const rest = this.#line;
    this.#line = Buffer.alloc(0);
    return rest.length > 0 ? [rest] : [];
  }

  #lines(bytes: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let rest = Buffer.concat([this.#line, bytes]);
    while (rest.length > 0) {
      const feed = rest.subarray(0, MAX_LINE_BYTES).indexOf(LINE_FEED);
      if (feed < 0 && rest.length < MAX_LINE_BYTES) break;
      const end = feed < 0 ? MAX_LINE_BYTES : feed + 1;
      lines.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    this.#line = rest;
    return lines;
  }
}
