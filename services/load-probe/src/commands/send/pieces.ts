/** How an answer is read: as it arrives, line by line, or at most so many bytes at a time. */
export type ReadMode = 'all' | 'line' | number;

/** A line that is longer is given out in parts, so that a peer can't fill the memory. */
const MAX_LINE_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** Cuts a stream into the pieces that it is read in. */
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

  /** What is left when the stream is over: a line without its end. */
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
