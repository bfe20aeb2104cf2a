import { expect, it } from 'vitest';
import { judgeDaytime } from './daytime-line.ts';

it.each([
  'Friday, November 20, 2026 07:13:05-UTC\r\n',
  'Friday, November 20, 2026 11:13:05-GST\r\n',
  '20 NOV 2026 07:13:05 XYZT\r\n',
  'Fri Nov 20 07:13:05 2026\n',
  'Fri Nov 20 07:13:05 NZDT 2026\n',
  'Fri, 20 Nov 2026 20:13:05 +1300\n',
  '8:13:05 PM 11/20/2026\n',
  '20:13:05 20.11.2026\n',
])('should accept %j, in any zone', (line) => {
  expect(judgeDaytime(Buffer.from(line))).toEqual({ outcome: 'ok' });
});

it.each([' \r\n', '\r', ' ', '\t\n', '\r\r\n', '\n\n', '\r\n\0', '\0\0', ' \0 \n', '\f\v'])(
  'should read a line that ends in %j',
  (end) => {
    const line = Buffer.from(`Sun Jul  5 03:04:05 2026${end}`);
    expect(judgeDaytime(line)).toEqual({ outcome: 'ok' });
  },
);

it('should call a line malformed with a damaged byte at its end', () => {
  const line = Buffer.from('Sun Jul  5 03:04:05 2026 \n');
  line[line.length - 2]! |= 0x80;
  expect(judgeDaytime(line).outcome).toBe('malformed');
});

it('should call a line without a time malformed', () => {
  expect(judgeDaytime(Buffer.from('220 mail.example ESMTP\r\n')).outcome).toBe('malformed');
});
