import { type FormatName, formats } from '@echo-daytime/daytime-format';
import { tcpCounters } from '@echo-daytime/sockets';
import type { Counter, CounterBlock } from '@echo-daytime/worker';

export function daytimeCounters(block: CounterBlock) {
  return {
    tcp: tcpCounters(block, 'daytime-tcp'),
    replies: repliesOf(block, 'daytime-tcp'),
    session: tcpCounters(block, 'session-tcp'),
    sessionReplies: repliesOf(block, 'session-tcp'),
  };
}

function repliesOf(block: CounterBlock, listener: string): Record<FormatName, Counter> {
  const name = 'l4_daytime_replies_total';
  return block.countersBy('format', formats, name, 'Lines sent, by format.', { listener });
}
