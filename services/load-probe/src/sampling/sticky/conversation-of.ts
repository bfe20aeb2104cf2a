import { defaultDialog } from '../../payload/dialog.ts';
import type { LastingProtocol } from '../../targets/protocol.ts';
import type { Attempt } from '../sample.ts';
import type { Conversation } from './conversation.ts';
import { DaytimeConversation } from './daytime-conversation.ts';
import { DialogConversation } from './dialog-conversation.ts';
import { EchoConversation } from './echo-conversation.ts';
import { SessionConversation } from './session-conversation.ts';

/** What a new flow is begun with, by the first sample that uses it. */
export const conversationOf: Readonly<Record<LastingProtocol, (attempt: Attempt) => Conversation>> = {
  'echo-tcp': (attempt) => new EchoConversation(attempt),
  'echo-udp': (attempt) => new EchoConversation(attempt),
  'daytime-udp': () => new DaytimeConversation(),
  'session-tcp': () => new SessionConversation(),
  'dialog-tcp': ({ target }) => new DialogConversation(target.dialog ?? defaultDialog),
};
