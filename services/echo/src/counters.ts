import { tcpCounters, udpCounters } from '@echo-daytime/sockets';
import type { CounterBlock } from '@echo-daytime/worker';

export function echoCounters(block: CounterBlock) {
  return {
    tcp: tcpCounters(block, 'echo-tcp'),
    udp: udpCounters(block, 'echo-udp'),
    dialog: tcpCounters(block, 'dialog-tcp'),
    dialogMessages: block.counter('l4_dialog_messages_total', 'Messages answered.', {
      listener: 'dialog-tcp',
    }),
  };
}
