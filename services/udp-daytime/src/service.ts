import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { keys } from './config.ts';
import { listeners } from './listeners.ts';

await runService({
  name: 'udp-daytime',
  version: manifest.version,
  description: 'the time of day over UDP, RFC 867',
  keys,
  dataPlane: dataPlaneBeside(import.meta.url),
  listeners,
});
