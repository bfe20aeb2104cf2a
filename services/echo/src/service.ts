import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { check, keys } from './config.ts';
import { echoCounters } from './counters.ts';

await runService({
  name: 'echo',
  version: manifest.version,
  description: 'echo over TCP and UDP, RFC 862, and dialogs of messages',
  keys,
  check,
  dataPlane: dataPlaneBeside(import.meta.url),
  declareCounters: echoCounters,
  claims: ['echo-tcp', 'dialog-tcp'],
  listeners: ({ tcp, udp, dialogPort }) => ({
    ...(tcp && { 'echo-tcp': 'tcp' }),
    ...(udp && { 'echo-udp': 'udp' }),
    ...(dialogPort > 0 && { 'dialog-tcp': 'tcp' }),
  }),
});
