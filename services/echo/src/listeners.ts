import { tcpListener, udpListener } from '@echo-daytime/sockets';
import { BASE_BYTES } from '@echo-daytime/stamp';
import { type Counter, identityOf } from '@echo-daytime/worker';
import type { EchoConfig } from './config.ts';
import { dialogTcp } from './dialog/dialog-tcp.ts';
import { echoTcp } from './echo-tcp.ts';
import { echoUdp } from './echo-udp.ts';
import { type StampCounters, StampReflector, stampModes } from './stamp/stamp-udp.ts';

export const listeners = {
  'echo-tcp': tcpListener<EchoConfig>({ port: 'port', switch: 'tcp', serve: () => echoTcp }),
  'echo-udp': udpListener<EchoConfig>({ port: 'port', switch: 'udp', serve: () => echoUdp }),
  'dialog-tcp': tcpListener<EchoConfig, { readonly messages: Counter }>({
    port: 'dialogPort',
    switch: 'dialogPort',
    counters: (block, listener) => ({
      messages: block.counter('l4_dialog_messages_total', 'Messages answered.', { listener }),
    }),
    serve: (config, { messages }) => dialogTcp(config, messages),
  }),
  'stamp-udp': udpListener<EchoConfig, StampCounters>({
    port: 'stampPort',
    switch: 'stampPort',
    minRequestBytes: BASE_BYTES,
    counters: (block, listener) => ({
      replies: block.countersBy(
        'mode',
        stampModes,
        'l4_stamp_replies_total',
        'STAMP replies, by whether the reflector has a state for the test session.',
        { listener },
      ),
      sessions: block.gauge('l4_stamp_sessions', 'STAMP test sessions that the reflector has a state for.', {
        listener,
      }),
    }),
    serve: (config, counters) => new StampReflector({ ...config, responder: identityOf(config) }, counters),
  }),
};
