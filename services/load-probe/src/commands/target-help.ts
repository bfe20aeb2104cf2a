import { schemes } from '../protocol.ts';
import { parameterNames } from '../target-parameters.ts';

/** How targets are written, for the end of a command's help. */
export const targetHelp = `
Targets are URLs: SCHEME://HOST:PORT, the schemes are ${schemes.join(', ')}.
A query sets what differs for one target: ?${parameterNames.map((name) => `${name}=…`).join('&')}`;
