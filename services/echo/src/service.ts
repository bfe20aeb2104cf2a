import { dataPlaneBeside, runService } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };
import { keys } from './config.ts';
import { listeners } from './listeners.ts';

await runService({
  name: 'echo',
  version: manifest.version,
  description: 'echo over TCP and UDP, RFC 862, dialogs of messages, and a STAMP reflector, RFC 8762',
  keys,
  dataPlane: dataPlaneBeside(import.meta.url),
  listeners,
});
