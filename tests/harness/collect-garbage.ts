import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Has V8 free in this thread what nothing refers to; all of it unless told that only what is young. */
export const collectGarbage = runInNewContext('gc') as (options?: {
  readonly type: 'minor' | 'major';
}) => void;
