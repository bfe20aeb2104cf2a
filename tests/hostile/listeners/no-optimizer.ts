/**
 * Loaded into the services whose memory is watched. V8's optimizing compilers take up to ten megabytes when code gets
 * hot, whenever that is, and the allocator keeps them: more than the leak that is looked for.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-opt');
setFlagsFromString('--no-maglev');
