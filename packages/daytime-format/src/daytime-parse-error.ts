/**
 * Why a line was refused:
 * - `unrecognized`: the line is in none of the formats
 * - `layout`: the line is not in the requested format
 * - `value`: a field has an impossible value, such as hour 25, or two fields contradict each other
 * - `zone`: the zone in the line is unknown, or the given zone never had this local time
 */
export type DaytimeParseErrorCode = 'unrecognized' | 'layout' | 'value' | 'zone';

const SHOWN_CHARACTERS = 80;

export class DaytimeParseError extends Error {
  override readonly name = 'DaytimeParseError';
  readonly code: DaytimeParseErrorCode;
  readonly expected: string;
  /** The refused line: quoted, escaped to printable ASCII and shortened. */
  readonly seen: string;

  constructor(code: DaytimeParseErrorCode, expected: string, line: string) {
    const seen = quoted(line);
    super(`expected ${expected}, got ${seen}`);
    this.code = code;
    this.expected = expected;
    this.seen = seen;
  }
}

function quoted(text: string): string {
  const shown = JSON.stringify(text.slice(0, SHOWN_CHARACTERS)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > SHOWN_CHARACTERS ? `${shown}... (${text.length} characters)` : shown;
}
