import { decodePayload, encodePayload, judgeEcho, payloadMark, peekPayload } from '../../payload/payload.ts';
import { isUdp } from '../../targets/protocol.ts';
import type { Attempt } from '../sample.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';

/** Bounds the memory: the replies of charged samples may never come. */
const MAX_CHARGED = 1_000;

/** Matches echoes to samples by the run and the sequence number in the payload. */
export class EchoConversation implements Conversation {
  readonly recognizes = true;
  readonly #run: number;
  readonly leastAnswerBytes: number;
  readonly #isStream: boolean;
  /** The first bytes of every payload of this run. */
  readonly #mark: Buffer;
  /** Whether the last bytes ended with a whole payload. Then bytes that do not start a payload belong to no request. */
  #isInStep = true;
  /** Bytes that came while no sample waited. They make the next reply corrupt, because the stream has extra bytes. */
  #strangeBytes = 0;
  /** Samples that were failed by bytes of no sample. Their own reply may still come, and then is no duplicate. */
  readonly #charged = new Set<number>();

  constructor({ run, target }: Attempt) {
    this.#run = run;
    this.leastAnswerBytes = target.sizeBytes;
    this.#isStream = !isUdp(target.protocol);
    this.#mark = payloadMark(run);
  }

  request({ clock, run, sequence, target }: Attempt): Buffer {
    return encodePayload({ run, sequence, sentAt: clock.epoch() }, target.sizeBytes);
  }

  /** A reply is as long as a request. Bytes that do not start a payload end where the next payload starts. */
  frame(received: Buffer): number | undefined {
    if (received.length < this.leastAnswerBytes) return undefined;
    if (received.subarray(0, this.#mark.length).equals(this.#mark)) return this.leastAnswerBytes;
    const next = received.indexOf(this.#mark, 1);
    return next < 0 ? this.leastAnswerBytes : Math.min(next, this.leastAnswerBytes);
  }

  senderOf(beginning: Buffer, exchanges: Exchanges): Exchange | undefined {
    const header = peekPayload(beginning);
    return header?.run === this.#run ? exchanges.get(header.sequence) : undefined;
  }

  owner(answer: Buffer, exchanges: Exchanges): Exchange | 'duplicate' | undefined {
    const header = peekPayload(answer);
    const isWhole = decodePayload(answer) !== undefined;
    const wasInStep = this.#isInStep;
    this.#isInStep = isWhole;
    if (header?.run === this.#run) {
      const found = exchanges.get(header.sequence);
      if (found) return found;
      if (exchanges.isAnswered(header.sequence)) {
        return isWhole && !this.#charged.delete(header.sequence) ? 'duplicate' : undefined;
      }
      // A whole payload of this run whose exchange is no longer remembered.
      if (isWhole) return undefined;
    }
    // After wrong bytes, the rest of a reply that was already checked.
    if (this.#isStream && !wasInStep && answer.length < this.leastAnswerBytes / 2) return undefined;
    const waiting = exchanges.firstWaiting;
    if (this.#charged.size === MAX_CHARGED) this.#charged.clear();
    if (waiting) this.#charged.add(waiting.attempt.sequence >>> 0);
    else if (this.#isStream && wasInStep) this.#strangeBytes = answer.length;
    return waiting;
  }

  judge(answer: Buffer, { request }: Exchange): JudgedAnswer {
    const result = judgeEcho(answer, request);
    const strangeBytes = this.#strangeBytes;
    this.#strangeBytes = 0;
    if (result.outcome !== 'ok' || strangeBytes === 0) return { result };
    const detail = `at least ${strangeBytes} unexpected bytes came before the answer`;
    return { result: { outcome: 'corrupt', detail } };
  }
}
