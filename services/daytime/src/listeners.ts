import { CurrentLines, type FormatName, formats, hostClock, openZone } from '@echo-daytime/daytime-format';
import { tcpListener } from '@echo-daytime/sockets';
import { type Counter, type CounterBlock, identityOf } from '@echo-daytime/worker';
import type { DaytimeConfig } from './config.ts';
import { daytimeTcp } from './daytime-tcp.ts';
import { sessionTcp } from './session-tcp.ts';

type Replies = Readonly<Record<FormatName, Counter>>;
interface ReplyCounters {
  readonly replies: Replies;
}

export const listeners = {
  'daytime-tcp': tcpListener<DaytimeConfig, ReplyCounters>({
    port: 'port',
    counters: replyCounters,
    serve: (config, { replies }) => daytimeTcp(config.format, countedLine(config.tz, replies)),
  }),
  'session-tcp': tcpListener<DaytimeConfig, ReplyCounters>({
    port: 'sessionPort',
    switch: 'sessionPort',
    saveSyn: 'tcpSaveSyn',
    counters: replyCounters,
    serve: (config, { replies }) =>
      sessionTcp({
        ...config,
        tellsSyn: config.tcpSaveSyn,
        responder: identityOf(config),
        line: countedLine(config.tz, replies),
      }),
  }),
};

function replyCounters(block: CounterBlock, listener: string): ReplyCounters {
  const name = 'l4_daytime_replies_total';
  return {
    replies: block.countersBy('format', formats, name, 'Daytime lines sent, by format.', { listener }),
  };
}

/** The line of this moment, counted under its format. */
function countedLine(tz: string, replies: Replies): (format: FormatName) => Uint8Array {
  const lines = new CurrentLines(openZone(tz), hostClock);
  return (format) => {
    replies[format].increment();
    return lines.line(format);
  };
}
