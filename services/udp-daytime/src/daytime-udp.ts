import {
  CurrentLines,
  type FormatName,
  hostClock,
  openZone,
  requestedFormat,
} from '@echo-daytime/daytime-format';
import type { UdpService } from '@echo-daytime/sockets';
import type { UdpDaytimeConfig } from './config.ts';
import type { udpDaytimeCounters } from './counters.ts';

/**
 * RFC 867, UDP based daytime service: any datagram, an empty one too, is answered with the line of this moment. One
 * that holds the name of a format gets that format.
 */
export function daytimeService(
  config: UdpDaytimeConfig,
  counters: ReturnType<typeof udpDaytimeCounters>,
): UdpService {
  const lines = new CurrentLines(openZone(config.tz), hostClock);
  return {
    counters: counters.udp,
    protocol(request) {
      const format: FormatName = requestedFormat(request) ?? config.format;
      counters.replies[format].increment();
      return lines.line(format);
    },
  };
}
