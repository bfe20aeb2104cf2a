import { type FormatName, formats } from '@echo-daytime/daytime-format';
import { udpListener } from '@echo-daytime/sockets';
import type { Counter } from '@echo-daytime/worker';
import type { UdpDaytimeConfig } from './config.ts';
import { daytimeUdp } from './daytime-udp.ts';

export const listeners = {
  'daytime-udp': udpListener<UdpDaytimeConfig, { readonly replies: Readonly<Record<FormatName, Counter>> }>({
    port: 'port',
    counters: (block, listener) => ({
      replies: block.countersBy('format', formats, 'l4_daytime_replies_total', 'Lines sent, by format.', {
        listener,
      }),
    }),
    serve: (config, { replies }) => daytimeUdp(config, replies),
  }),
};
