import { styleText } from 'node:util';

/** A verdict in green or red where standard output is a terminal that shows colours. */
export function verdictLine(words: string, hasHeld: boolean): string {
  return styleText(hasHeld ? 'green' : 'red', words, { stream: process.stdout });
}
