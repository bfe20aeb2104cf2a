import type { Writable } from 'node:stream';
import { escapeC } from '@echo-daytime/c-escapes';
import { PieceCutter, type ReadMode } from './pieces.ts';
import type { AnswerMatch } from './sent-datagrams.ts';

const LINE_FEED = 0x0a;

/** Where pieces of an answer go. */
export interface AnswerSink {
  /**
   * @param match UDP: what the answer belongs to
   * @returns when to go on, where that is not at once
   */
  receive(bytes: Buffer, match?: AnswerMatch): Promise<void> | undefined;
  /** The answer is over. */
  end(): void;
  readonly pieces: number;
}

/**
 * Prints an answer as it comes: as it is where a program reads, as text that can't do anything to the terminal
 * where a person does.
 */
export class AnswerPrinter implements AnswerSink {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #mode: ReadMode | 'datagram';
  readonly #cutter: PieceCutter;
  #inLine = false;
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
    const hasRoom = this.#print(this.#cutter.push(bytes));
    // After an error there is no drain, and nobody waits for it any more.
    return hasRoom ? undefined : new Promise((drained) => this.#stream.once('drain', drained));
  }

  end(): void {
    this.#print(this.#cutter.end());
    if (this.#inLine) this.#stream.write('\n');
  }

  #print(pieces: readonly Buffer[]): boolean {
    let hasRoom = true;
    for (const piece of pieces) {
      this.#pieces += 1;
      hasRoom = this.#stream.write(this.#isTerminal ? this.#shown(piece) : piece);
    }
    return hasRoom;
  }

  #shown(piece: Buffer): string {
    if (this.#mode === 'all') {
      this.#inLine = piece.at(-1) !== LINE_FEED;
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
