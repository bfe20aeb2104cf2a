/** Every format by name, in the order in which they are listed to people. */
export const formats = [
  'timestamp',
  'timestamp-ms',
  'timestamp-ns',
  'rfc867',
  'smtp',
  'ctime',
  'iso8601',
  'nist',
  'go',
] as const;

export type FormatName = (typeof formats)[number];

/** One line per format, printable ASCII, for help texts. */
export const formatDescriptions: Readonly<Record<FormatName, string>> = {
  timestamp: 'seconds since 1970-01-01 00:00:00 UTC',
  'timestamp-ms': 'milliseconds since 1970-01-01 00:00:00 UTC',
  'timestamp-ns': 'nanoseconds since 1970-01-01 00:00:00 UTC',
  rfc867: 'weekday, month day, year and time, as suggested by RFC 867',
  smtp: 'day month year and time, as in mail; also from RFC 867',
  ctime: 'what the C library and inetd print; names no zone',
  iso8601: 'ISO 8601 date and time with milliseconds and offset',
  nist: 'what the NIST time servers send; always UTC',
  go: "what Go's time.Time prints, with nanoseconds",
};

const names: ReadonlySet<string> = new Set(formats);

export function isFormatName(text: string): text is FormatName {
  return names.has(text);
}

const LONGEST_NAME_BYTES = Math.max(...formats.map((format) => format.length));
/** A name may be framed by this much white space, a line end above all. Bytes. */
const WHITE_SPACE_BYTES = 4;

/** The format that a request names, in any case and with white space around it; undefined when it names none. */
export function requestedFormat(request: Buffer): FormatName | undefined {
  if (request.length === 0 || request.length > LONGEST_NAME_BYTES + WHITE_SPACE_BYTES) return undefined;
  const name = request.toString('latin1').trim().toLowerCase();
  return isFormatName(name) ? name : undefined;
}
