/**
 * Loaded into every thread of the services of a soak by `--import`. V8 lets garbage lie until a heap has outgrown a
 * limit that at a moderate load takes an hour to reach, and a rise until then looks just like a leak: with a full
 * collection now and then, what stays is what is really held.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Three times within the minute of which the smallest reading counts. Milliseconds. */
const INTERVAL_MS = 20_000;

// A context sees the function when it is made after the flag is set.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setInterval(collectGarbage, INTERVAL_MS).unref();
