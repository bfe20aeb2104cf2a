import { escapeC } from '@echo-daytime/c-escapes';
import type { Clock } from '../../sampling/clock.ts';
import type { AnswerSink } from './answer-printer.ts';
import { PieceCutter, type ReadMode } from './pieces.ts';
import type { AnswerMatch } from './sent-datagrams.ts';

/** A report keeps at most this much, so that a peer that never stops can't fill the memory. */
const MAX_RECORDED_BYTES = 1024 ** 2;

export interface RecordedPiece {
  /** When the piece came, milliseconds since the start. */
  readonly ms: number;
  readonly bytes: number;
  /** With C escapes, as for --data. */
  readonly data: string;
  /** UDP: whether it is an echo of a datagram. */
  readonly match?: AnswerMatch['kind'];
  /** UDP: the number of the datagram that it echoes, from 1. */
  readonly datagram?: number;
}

/** Keeps a reply for the JSON report. */
export class AnswerRecord implements AnswerSink {
  readonly kept: RecordedPiece[] = [];
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #cutter: PieceCutter;
  #keptBytes = 0;
  #pieces = 0;

  constructor(clock: Clock, mode: ReadMode) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#cutter = new PieceCutter(mode);
  }

  get pieces(): number {
    return this.#pieces;
  }

  receive(bytes: Buffer, match?: AnswerMatch): undefined {
    this.#keep(this.#cutter.push(bytes), match);
  }

  end(): void {
    this.#keep(this.#cutter.end());
  }

  #keep(pieces: readonly Buffer[], match?: AnswerMatch): void {
    const ms = Number((this.#clock.now() - this.#startMs).toFixed(3));
    const { kind, ...which } = match ?? {};
    for (const piece of pieces) {
      this.#pieces += 1;
      if (this.#keptBytes + piece.length > MAX_RECORDED_BYTES) continue;
      this.#keptBytes += piece.length;
      this.kept.push({
        ms,
        bytes: piece.length,
        data: escapeC(piece),
        ...(kind && { match: kind }),
        ...which,
      });
    }
  }
}
