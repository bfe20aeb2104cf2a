import {
  CurrentLines,
  type FormatName,
  hostClock,
  openZone,
  requestedFormat,
} from '@echo-daytime/daytime-format';
import type { UdpProtocol } from '@echo-daytime/sockets';
import type { Counter } from '@echo-daytime/worker';
import type { UdpDaytimeConfig } from './config.ts';

/**
 * RFC 867, UDP based daytime service: any datagram, also an empty one, is answered with the line of this moment. A
 * datagram that holds the name of a format gets that format.
 */
export function daytimeUdp(
  config: UdpDaytimeConfig,
  replies: Readonly<Record<FormatName, Counter>>,
): UdpProtocol {
  const lines = new CurrentLines(openZone(config.tz), hostClock);
  return (request) => {
    const format = requestedFormat(request) ?? config.format;
    replies[format].increment();
    return lines.line(format);
  };
}
