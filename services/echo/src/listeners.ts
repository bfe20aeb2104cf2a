import { tcpListener, udpListener } from '@echo-daytime/sockets';
import type { Counter } from '@echo-daytime/worker';
import type { EchoConfig } from './config.ts';
import { dialogTcp } from './dialog/dialog-tcp.ts';
import { echoTcp } from './echo-tcp.ts';
import { echoUdp } from './echo-udp.ts';

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
};
