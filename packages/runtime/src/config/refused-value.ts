import type { Key } from './keys.ts';
import { invisibleFault, quoted } from './shown-text.ts';

/**
 * A value that was refused, by a key or another reader, as a sentence: `PORT="70O7" must be a port …`. Where the value
 * is wrong for what does not show in it alone, such as a carriage return out of an --env-file, the sentence says so.
 *
 * @param given what the value was given with, such as `PORT=` or `--port `
 */
export function refusedValue(
  given: string,
  text: string,
  key: Pick<Key<unknown>, 'parse'>,
  error: Error,
): string {
  const fault = invisibleFault(text, (other) => {
    try {
      key.parse(other);
      return true;
    } catch {
      return false;
    }
  });
  // What reads a part of the value may have said so of the part.
  const isNews = fault !== undefined && !error.message.includes(fault);
  return `${given}${quoted(text)} ${error.message}${isNews ? `; it ${fault}` : ''}`;
}
