import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { check, keys } from './config.ts';
import { udpDaytimeCounters } from './counters.ts';

await runService({
  name: 'udp-daytime',
  version: manifest.version,
  description: 'the time of day over UDP, RFC 867',
  keys,
  check,
  dataPlane: dataPlaneBeside(import.meta.url),
  declareCounters: udpDaytimeCounters,
  listeners: () => ({ 'daytime-udp': 'udp' }),
});
