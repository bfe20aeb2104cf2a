import { formats } from '@echo-daytime/daytime-format';
import { udpCounters } from '@echo-daytime/sockets';
import type { CounterBlock } from '@echo-daytime/worker';

export function udpDaytimeCounters(block: CounterBlock) {
  return {
    udp: udpCounters(block, 'daytime-udp'),
    replies: block.countersBy('format', formats, 'l4_daytime_replies_total', 'Lines sent, by format.', {
      listener: 'daytime-udp',
    }),
  };
}
