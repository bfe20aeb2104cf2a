/** A message repeats at most this many characters of a value. */
const MAX_SHOWN_CHARACTERS = 200;
/** Control characters, and characters that a terminal shows as nothing or as a space. */
const INVISIBLE = /(?! )[\p{C}\p{Z}]/gu;
const INVISIBLE_START = /^[\p{C}\p{Z}]+/u;
const INVISIBLE_END = /[\p{C}\p{Z}]+$/u;
const QUOTATION_MARKS = /^(["'])(.*)\1$/s;
const NAMES: Readonly<Record<string, string>> = {
  ' ': 'a space',
  '\t': 'a tab',
  '\n': 'a line feed',
  '\r': 'a carriage return',
  '\0': 'a NUL',
  '\u001b': 'an escape',
  '\u00a0': 'a no-break space',
  '\u200b': 'a zero-width space',
  '\ufeff': 'a byte order mark',
};

/** A value as a message shows it: in quotation marks, with escapes as JSON has them, and cut where it is long. */
export function quoted(text: string): string {
  const shown = visible(JSON.stringify(text.slice(0, MAX_SHOWN_CHARACTERS)));
  return text.length > MAX_SHOWN_CHARACTERS ? `${shown}... (${text.length} characters)` : shown;
}

/** A message with escapes in place of invisible characters; its line feeds stay. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => (character === '\n' ? character : escapeOf(character)));
}

/**
 * Names the invisible character that makes an otherwise valid value invalid.
 *
 * @param isRight whether a value is valid
 * @returns a clause about the value, such as `ends with a space`; undefined when the value has no such mistake
 */
export function invisibleFault(text: string, isRight: (text: string) => boolean): string | undefined {
  const trimmed = text.replace(INVISIBLE_START, '').replace(INVISIBLE_END, '');
  const bare = trimmed.replace(QUOTATION_MARKS, '$2').replace(INVISIBLE, '');
  if (bare === text || !isRight(bare)) return undefined;
  const [first = '', last = ''] = [[...text][0], [...text].at(-1)];
  if (INVISIBLE_END.test(text)) return `ends with ${nameOf(last)}`;
  if (INVISIBLE_START.test(text)) return `begins with ${nameOf(first)}`;
  if (QUOTATION_MARKS.test(text)) return 'has quotation marks around it, which no shell has taken away';
  return `holds ${nameOf(text.match(INVISIBLE)?.[0] ?? '')}`;
}

/**
 * The sentence about a refused value: `PORT="70O7" must be a port …`. It names an invisible mistake, such as a carriage
 * return out of an --env-file.
 *
 * @param given the text before the value, such as `PORT=` or `--port `
 */
export function refusedValue(
  given: string,
  text: string,
  key: { parse(text: string): unknown },
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
  // The error may name the same mistake already, in a part of the value.
  const isAddition = fault !== undefined && !error.message.includes(fault);
  return `${given}${quoted(text)} ${error.message}${isAddition ? `; it ${fault}` : ''}`;
}

/** `a carriage return (\r)` */
function nameOf(character: string): string {
  const name = NAMES[character] ?? 'an invisible character';
  return character === ' ' ? name : `${name} (${escapeOf(character)})`;
}

function escapeOf(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character
    ? Array.from({ length: character.length }, (_, at) => hex(character.charCodeAt(at))).join('')
    : json;
}

function hex(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
