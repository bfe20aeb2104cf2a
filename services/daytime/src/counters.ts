import { formats } from '@echo-daytime/daytime-format';
import type { CounterBlock } from '@echo-daytime/link';
import { tcpCounters } from '@echo-daytime/sockets';

export function daytimeCounters(block: CounterBlock) {
  return {
    tcp: tcpCounters(block, 'daytime-tcp'),
    replies: block.countersBy('format', formats, 'l4_daytime_replies_total', 'Lines sent, by format.', {
      listener: 'daytime-tcp',
    }),
  };
}
