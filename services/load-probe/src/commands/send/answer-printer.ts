import type { Writable } from 'node:stream';
import { escapeC } from '@echo-daytime/c-escapes';
import { PieceCutter, type ReadMode } from './pieces.ts';
import type { AnswerMatch } from './sent-datagrams.ts';

const LINE_FEED = 0x0a;

/** Receives a reply and divides it into pieces. */
export interface AnswerSink {
  /**
   * @param match UDP: the datagram that the reply belongs to
   * @returns a promise when the output is full; it resolves when the output is writable again
   */
  receive(bytes: Buffer, match?: AnswerMatch): Promise<void> | undefined;
  /** The reply is complete. */
  end(): void;
  readonly pieces: number;
}

/**
 * Prints a reply as it comes. On a terminal unprintable bytes are escaped, so that they can't control the terminal.
 */
export class AnswerPrinter implements AnswerSink {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #mode: ReadMode | 'datagram';
  readonly #cutter: PieceCutter;
  #isInLine = false;
  #pieces = 0;

  constructor(stream: Writable & { readonly isTTY?: boolean }, mode: ReadMode | 'datagram') {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
    this.#mode = mode;
    this.#cutter = new PieceCutter(mode === 'datagram' ? 'all' : mode);
  }

  get pieces(): number {
    return this.#pieces;
  }

  receive(bytes: Buffer): Promise<void> | undefined {
    const isWritable = this.#print(this.#cutter.push(bytes));
    // After an error 'drain' never comes; the command has ended by then.
    return isWritable ? undefined : new Promise((resolve) => this.#stream.once('drain', resolve));
  }

  end(): void {
    this.#print(this.#cutter.end());
    if (this.#isInLine) this.#stream.write('\n');
  }

  #print(pieces: readonly Buffer[]): boolean {
    let isWritable = true;
    for (const piece of pieces) {
      this.#pieces += 1;
      isWritable = this.#stream.write(this.#isTerminal ? this.#shown(piece) : piece);
    }
    return isWritable;
  }

  #shown(piece: Buffer): string {
    if (this.#mode === 'all') {
      this.#isInLine = piece.at(-1) !== LINE_FEED;
      return piece.toString('latin1').split('\n').map(shownLine).join('\n');
    }
    if (this.#mode === 'line') return `${shownLine(piece.toString('latin1').replace(/\n$/, ''))}\n`;
    return `${escapeC(piece)}\n`;
  }
}

/** @param line in Latin-1, without its line feed */
function shownLine(line: string): string {
  return escapeC(Buffer.from(line.replace(/\r$/, ''), 'latin1'));
}
