import { Dialog, type DialogSettings, judgeDialog, MAX_ANSWER_BYTES } from '../../payload/dialog.ts';
import type { Attempt } from '../sample.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';

/** Each sample sends its own message, so most replies identify their sample. The others are matched by order. */
export class DialogConversation implements Conversation {
  readonly recognizes = false;
  readonly leastAnswerBytes = 1;
  readonly #dialog: Dialog;
  #lastRight: Buffer | undefined;

  constructor(settings: DialogSettings) {
    this.#dialog = new Dialog(settings);
  }

  request({ run, sequence }: Attempt): Buffer {
    return this.#dialog.turn(run, sequence).request;
  }

  frame(received: Buffer): number | undefined {
    const { delimiter } = this.#dialog;
    const end = received.indexOf(delimiter);
    if (end >= 0) return end + delimiter.length;
    return received.length > MAX_ANSWER_BYTES ? received.length : undefined;
  }

  owner(answer: Buffer, exchanges: Exchanges): Exchange | 'duplicate' {
    for (const exchange of exchanges.values()) {
      if (this.#answerTo(exchange).equals(answer)) return exchange;
    }
    if (this.#lastRight?.equals(answer)) return 'duplicate';
    return exchanges.firstSent ?? 'duplicate';
  }

  judge(answer: Buffer, exchange: Exchange): JudgedAnswer {
    const result = judgeDialog(answer, this.#answerTo(exchange));
    if (result.outcome === 'ok') this.#lastRight = answer;
    return { result };
  }

  #answerTo({ attempt }: Exchange): Buffer {
    return this.#dialog.turn(attempt.run, attempt.sequence).answer;
  }
}
