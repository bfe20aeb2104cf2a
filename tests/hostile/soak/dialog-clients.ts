import type { CountedListener } from './accounting.ts';
import { Conversation, IntegrityError } from './conversation.ts';
import type { Load } from './load.ts';

const TAB = 0x09;
/** `DIALOG_MAX_MESSAGE`, bytes. */
const MAX_MESSAGE = 2_048;
const MOST_PIPELINED = 5;

/** One dialog: messages, some pipelined, and one of the ways to end it. */
export async function dialog(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  for (let turns = load.random.below(20); turns > 0 && !load.isOver; turns -= 1) {
    const messages = Array.from({ length: 1 + load.random.below(MOST_PIPELINED) }, () =>
      load.word(load.random.below(MAX_MESSAGE + 1)),
    );
    conversation.send(Buffer.from(messages.map((message) => `${message}\t`).join('')));
    for (const message of messages) {
      const answer = (await conversation.until(TAB)).toString('latin1');
      if (answer !== `server got:${message}\t`) throw new IntegrityError(`a message was answered ${answer}`);
      to.add('l4_dialog_messages_total', 1);
      load.findings.exchanges += 1;
    }
    await load.pause(10, 300);
  }
  const way = load.random.pick(['fin', 'fin', 'reset', 'idle', 'too long']);
  if (way === 'reset') return await conversation.reset();
  if (way === 'idle') return await conversation.ended('idle');
  if (way === 'too long') {
    conversation.send(Buffer.from(load.word(MAX_MESSAGE + 1 + load.random.below(4_096))));
    const answer = (await conversation.until(TAB)).toString('latin1');
    if (answer !== `error: message longer than ${MAX_MESSAGE} bytes\t`) {
      throw new IntegrityError(`a message that was too long was answered ${answer}`);
    }
    return await conversation.ended('protocol');
  }
  return await conversation.finish();
}
