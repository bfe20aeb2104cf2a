import { Dialog, defaultDialog, judgeDialog, MAX_ANSWER_BYTES } from '../../payload/dialog.ts';
import { bytesReturned } from '../outcome.ts';
import type { Attempt, Reading } from '../sample.ts';
import { exchangeOverTcp } from './tcp-exchange.ts';

/** A dialog: the target must reply to a message with the expected message. */
export function probeDialogTcp(attempt: Attempt): Promise<Reading> {
  const { run, sequence, target } = attempt;
  const dialog = new Dialog(target.dialog ?? defaultDialog);
  const { delimiter } = dialog;
  const { request, answer } = dialog.turn(run, sequence);
  let received = Buffer.alloc(0);
  return exchangeOverTcp(attempt, {
    request,
    receive(chunk) {
      received = Buffer.concat([received, chunk]);
      const isWhole = delimiter.length > 0 ? received.includes(delimiter) : received.length >= answer.length;
      return isWhole || received.length > MAX_ANSWER_BYTES ? judgeDialog(received, answer) : undefined;
    },
    end(remote) {
      if (received.length === 0) {
        return { outcome: 'closed', detail: `${remote} closed the connection without an answer` };
      }
      const begins = received.equals(answer.subarray(0, received.length));
      if (!begins) return judgeDialog(received, answer);
      const part = bytesReturned(received.length, answer.length);
      return { outcome: 'truncated', detail: `${remote} sent ${part} and closed the connection` };
    },
    progress: () => `sent ${received.length} of ${answer.length} bytes`,
  });
}
