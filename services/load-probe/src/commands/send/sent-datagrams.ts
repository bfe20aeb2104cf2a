import { hash } from 'node:crypto';

/** The datagram that a reply belongs to, as far as its bytes show. */
export type AnswerMatch =
  /** The echo of a datagram, counted from 1; a duplicate when that datagram had its echo already. */
  | { readonly kind: 'echo' | 'duplicate'; readonly datagram: number }
  /** No datagram with these bytes was sent. */
  | { readonly kind: 'unmatched' };

/** The counts of datagrams and their replies. */
export interface AnswerCounts {
  /** Datagrams sent. */
  readonly sent: number;
  readonly echoes: number;
  readonly duplicates: number;
  /** Replies with other bytes than every datagram. */
  readonly unmatched: number;
  /** Unmatched replies with the same bytes as an earlier unmatched reply. */
  readonly repeats: number;
  /** Datagrams without a reply. */
  readonly unanswered: number;
  /** The numbers of the datagrams without a reply, from 1; undefined where no reply is an echo. */
  readonly unansweredNumbers: readonly number[] | undefined;
}

/** Datagrams with the same bytes. */
interface SameBytes {
  readonly numbers: number[];
  /** How many of them, the first ones, have their echo. */
  echoes: number;
}

/**
 * Finds out which datagrams have their reply. An echo identifies its datagram. Replies of a server that does not echo can
 * only be counted; such a reply never counts for a datagram that was sent after it. As soon as one reply is an echo, only
 * echoes count.
 */
export class SentDatagrams {
  readonly #byContent = new Map<string, SameBytes>();
  readonly #unmatched = new Set<string>();
  #sent = 0;
  #echoes = 0;
  #duplicates = 0;
  #unmatchedCount = 0;
  /** Unmatched replies that came while a datagram had no reply yet. */
  #filledIn = 0;

  /** Call before the datagram is sent, or its reply may come first. */
  add(datagram: Buffer): void {
    this.#sent += 1;
    const key = contentOf(datagram);
    const same = this.#byContent.get(key) ?? { numbers: [], echoes: 0 };
    same.numbers.push(this.#sent);
    this.#byContent.set(key, same);
  }

  match(answer: Buffer): AnswerMatch {
    const key = contentOf(answer);
    const same = this.#byContent.get(key);
    if (!same) {
      if (this.unanswered > 0) this.#filledIn += 1;
      this.#unmatchedCount += 1;
      this.#unmatched.add(key);
      return { kind: 'unmatched' };
    }
    const datagram = same.numbers[same.echoes];
    if (datagram === undefined) {
      this.#duplicates += 1;
      return { kind: 'duplicate', datagram: same.numbers.at(-1)! };
    }
    same.echoes += 1;
    this.#echoes += 1;
    return { kind: 'echo', datagram };
  }

  /** How many datagrams have no reply. */
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

/** A hash, so that a million large datagrams do not fill the memory. */
function contentOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64');
}
