import { type FormatName, formats } from '@echo-daytime/daytime-format';

/** Of a name with the white space that may frame it; a longer request names no format. Bytes. */
const LONGEST_REQUEST = 16;
const NAME = new RegExp(`^\\s*(${formats.join('|')})\\s*$`, 'i');

/** The format that a request names, read by another way than the services do. */
export function expectedFormat(request: string, byDefault: FormatName): FormatName {
  const [, name] = request.length > LONGEST_REQUEST ? [] : (NAME.exec(request) ?? []);
  return (name?.toLowerCase() as FormatName | undefined) ?? byDefault;
}
