import { describe, expect, it } from 'vitest';
import {
  addresses,
  choice,
  duration,
  type Key,
  onOff,
  port,
  size,
  text,
  timeZone,
  wholeNumber,
} from './keys.ts';

const doc = 'any';

describe.each<[kind: string, key: Key<unknown>, cases: readonly (readonly [string, unknown])[]]>([
  [
    'wholeNumber',
    wholeNumber({ min: 1, max: 1000 }, '1', doc),
    [
      ['1', 1],
      ['1000', 1000],
      ['007', 7],
    ],
  ],
  [
    'port',
    port('0', doc),
    [
      ['0', 0],
      ['7', 7],
      ['65535', 65_535],
    ],
  ],
  [
    'duration',
    duration('0s', doc),
    [
      ['0s', 0],
      ['250ms', 250],
      ['2s', 2_000],
      ['1.5s', 1_500],
      ['0.4ms', 1],
      ['2m', 120_000],
      ['1h', 3_600_000],
    ],
  ],
  [
    'size',
    size({ min: 1, max: 1024 ** 2 }, '1', doc),
    [
      ['1', 1],
      ['128', 128],
      ['128B', 128],
      ['64KiB', 65_536],
      ['1MiB', 1_048_576],
    ],
  ],
  [
    'choice',
    choice(['a', 'b'], 'a', doc),
    [
      ['a', 'a'],
      ['b', 'b'],
    ],
  ],
  [
    'onOff',
    onOff('on', doc),
    [
      ['on', true],
      ['off', false],
    ],
  ],
  [
    'addresses',
    addresses('::', doc),
    [
      ['::', ['::']],
      ['127.0.0.1,::1', ['127.0.0.1', '::1']],
      ['127.0.0.1, ::1', ['127.0.0.1', '::1']],
    ],
  ],
  [
    'timeZone',
    timeZone('UTC', doc),
    [
      ['UTC', 'UTC'],
      ['Europe/Berlin', 'Europe/Berlin'],
    ],
  ],
  [
    'text',
    text('', doc, (given) => given.length),
    [
      ['', 0],
      ['abc', 3],
    ],
  ],
])('%s', (_kind, key, cases) => {
  it.each(cases.filter(([, value]) => value !== null))('should read %j as %j', (given, value) => {
    expect(key.parse(given)).toEqual(value);
  });

  it('should read its own default', () => {
    expect(() => key.parse(key.default)).not.toThrow();
  });
});

describe.each<[kind: string, key: Key<unknown>, allowed: string, refused: readonly string[]]>([
  [
    'wholeNumber',
    wholeNumber({ min: 1, max: 1000 }, '1', doc),
    'must be a whole number from 1 to 1000',
    ['', '0', '1001', '-1', '+1', '1.5', '1e2', '0x10', ' 1', '1 ', 'ten', '9'.repeat(400)],
  ],
  [
    'port',
    port('0', doc),
    'must be a port from 0 to 65535 (0 = any free port)',
    ['', '65536', '99999', '-1', 'http', '80,81', '7.0'],
  ],
  [
    'duration',
    duration('0s', doc),
    'must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days',
    ['', '5', 's', '-1s', '1 s', '1d', '1S', '.5s', '1.s', '597h', '1e3ms', 'Infinityms'],
  ],
  [
    'size',
    size({ min: 2, max: 1024 }, '2', doc),
    'must be a size such as 128, 64KiB or 1MiB, from 2 to 1024 bytes',
    ['', '1', '1025', '2KiB', '1KB', '1kib', '1.5KiB', '-2', 'KiB', '2 B'],
  ],
  ['choice', choice(['a', 'b'], 'a', doc), 'must be one of a, b', ['', 'A', 'c', 'a,b', ' a']],
  ['onOff', onOff('on', doc), 'must be one of on, off', ['', 'true', '1', 'ON', 'yes']],
  [
    'addresses',
    addresses('::', doc),
    'must be different IP addresses separated by commas, such as 127.0.0.1,::1 (:: = every address)',
    ['', ',', '127.0.0.1,', 'localhost', '127.0.0.1,127.0.0.1', '256.0.0.1', '127.0.0.1/8', '[::1]', '*'],
  ],
  [
    'timeZone',
    timeZone('UTC', doc),
    'must be an IANA time zone such as UTC, Europe/Berlin or America/New_York, or an offset such as +05:30',
    ['', 'Berlin', 'Mars/Olympus', 'Europe/Berlin;'],
  ],
])('%s', (_kind, key, allowed, refused) => {
  it.each(refused)('should refuse %j and say what is allowed', (given) => {
    expect(() => key.parse(given)).toThrow(new Error(allowed));
  });
});

describe('duration', () => {
  it('should take nothing that a timer of Node would turn into 1 ms', () => {
    const key = duration('0s', doc);
    expect(key.parse('576h')).toBe(24 * 86_400_000);
    expect(() => key.parse('2073600001ms')).toThrow('at most 24 days');
  });
});
