import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { keys } from './config.ts';
import { listeners } from './listeners.ts';

await runService({
  name: 'daytime',
  version: manifest.version,
  description: 'the time of day over TCP, RFC 867, and sessions that pick the format',
  keys,
  dataPlane: dataPlaneBeside(import.meta.url),
  listeners,
});
