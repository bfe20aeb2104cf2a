import { hash } from 'node:crypto';

/** What an answer is, as far as its bytes tell. */
export type AnswerMatch =
  /** The echo of a datagram, counted from 1; a duplicate when that one had its echo already. */
  | { readonly kind: 'echo' | 'duplicate'; readonly datagram: number }
  /** Nothing that was sent. */
  | { readonly kind: 'unmatched' };

/** What came back of some datagrams. */
export interface AnswerCounts {
  /** Datagrams. */
  readonly sent: number;
  readonly echoes: number;
  readonly duplicates: number;
  /** Answers that echo nothing that was sent. */
  readonly unmatched: number;
  /** Of them: those with the same bytes as one before. */
  readonly repeats: number;
  /** How many datagrams have no answer. */
  readonly unanswered: number;
  /** Which ones, counted from 1; undefined where no answer is an echo. */
  readonly unansweredNumbers: readonly number[] | undefined;
}

/** Datagrams with the same bytes, the first of which have their echo. */
interface Equals {
  readonly numbers: number[];
  echoes: number;
}

/**
 * Finds out which datagrams have their answer. An echo tells whose it is. What a server answers that does not echo can
 * only be counted, and never fills in for a datagram that was sent after it. Where one answer is an echo, only echoes are
 * answers.
 */
export class SentDatagrams {
  readonly #byContent = new Map<string, Equals>();
  readonly #unmatched = new Set<string>();
  #sent = 0;
  #echoes = 0;
  #duplicates = 0;
  #unmatchedCount = 0;
  /** Of them: those that came when a datagram had no answer yet. */
  #filledIn = 0;

  /** Call before the datagram leaves, or its answer may be here first. */
  add(datagram: Buffer): void {
    this.#sent += 1;
    const key = contentOf(datagram);
    const equals = this.#byContent.get(key) ?? { numbers: [], echoes: 0 };
    equals.numbers.push(this.#sent);
    this.#byContent.set(key, equals);
  }

  match(answer: Buffer): AnswerMatch {
    const key = contentOf(answer);
    const equals = this.#byContent.get(key);
    if (!equals) {
      if (this.unanswered > 0) this.#filledIn += 1;
      this.#unmatchedCount += 1;
      this.#unmatched.add(key);
      return { kind: 'unmatched' };
    }
    const datagram = equals.numbers[equals.echoes];
    if (datagram === undefined) {
      this.#duplicates += 1;
      return { kind: 'duplicate', datagram: equals.numbers.at(-1)! };
    }
    equals.echoes += 1;
    this.#echoes += 1;
    return { kind: 'echo', datagram };
  }

  /** How many datagrams have no answer. */
  get unanswered(): number {
    return this.#sent - (this.#echoes > 0 ? this.#echoes : this.#filledIn);
  }

  get answers(): AnswerCounts {
    return {
      sent: this.#sent,
      echoes: this.#echoes,
      duplicates: this.#duplicates,
      unmatched: this.#unmatchedCount,
      repeats: this.#unmatchedCount - this.#unmatched.size,
      unanswered: this.unanswered,
      unansweredNumbers: this.#echoes > 0 ? this.#waiting() : undefined,
    };
  }

  #waiting(): number[] {
    return [...this.#byContent.values()]
      .flatMap(({ numbers, echoes }) => numbers.slice(echoes))
      .sort((one, other) => one - other);
  }
}

/** Short, whatever a million of datagrams hold. */
function contentOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64');
}
