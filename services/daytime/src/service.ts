import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { check, keys } from './config.ts';
import { daytimeCounters } from './counters.ts';

await runService({
  name: 'daytime',
  version: manifest.version,
  description: 'the time of day over TCP, RFC 867, and sessions that pick the format',
  keys,
  check,
  dataPlane: dataPlaneBeside(import.meta.url),
  declareCounters: daytimeCounters,
  claims: ['daytime-tcp', 'session-tcp'],
  listeners: ({ sessionPort }) => ({
    'daytime-tcp': 'tcp',
    ...(sessionPort > 0 && { 'session-tcp': 'tcp' }),
  }),
});
