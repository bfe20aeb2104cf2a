import { type FormatName, formats, isFormatName } from './formats.ts';

const LONGEST_NAME_BYTES = Math.max(...formats.map((format) => format.length));
/** A name may be framed by this much white space, a line end above all. Bytes. */
const WHITE_SPACE_BYTES = 4;

/** The format that a request names, in any case and with white space around it; undefined when it names none. */
export function requestedFormat(request: Buffer): FormatName | undefined {
  if (request.length === 0 || request.length > LONGEST_NAME_BYTES + WHITE_SPACE_BYTES) return undefined;
  const name = request.toString('latin1').trim().toLowerCase();
  return isFormatName(name) ? name : undefined;
}
