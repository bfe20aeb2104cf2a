import { describe, expect, it } from 'vitest';
import {
  addresses,
  choice,
  duration,
  type Key,
  networks,
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
      ['0:0::0,::ffff:0.0.0.0', ['::', '0.0.0.0']],
      ['::ffff:7f00:2,::1', ['127.0.0.2', '::1']],
    ],
  ],
  [
    'networks',
    networks('', doc),
    [
      ['', []],
      ['192.0.2.1, 2001:db8::/32', ['192.0.2.1/32', '2001:db8::/32']],
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
    [
      ...[
        '',
        ',',
        '127.0.0.1,',
        'localhost',
        '127.0.0.1,127.0.0.1',
        '256.0.0.1',
        '127.0.0.1/8',
        '[::1]',
        '*',
      ],
      ...['::1,0:0:0:0:0:0:0:1', '10.0.0.1,::ffff:10.0.0.1', 'FE80::1%eth0,fe80::1%eth0'],
    ],
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

describe('addresses', () => {
  it.each([
    ['0::0,10.0.0.1', '10.0.0.1', '::'],
    ['fe80::1%eth0,::', 'fe80::1%eth0', '::'],
    ['0.0.0.0,::1,127.0.0.9', '127.0.0.9', '0.0.0.0'],
    ['0.0.0.0,::,2001:db8::9', '2001:db8::9', '::'],
  ])('should refuse an address that another address of the list covers: %s', (given, covered, every) => {
    expect(() => addresses('::', doc).parse(given)).toThrow(
      `must not name ${covered} beside ${every}, which covers it; leave out one of the two`,
    );
  });

  it.each(['::,0.0.0.0', '0.0.0.0,::1', '127.0.0.1,127.0.0.2,::1'])('should take %s', (given) => {
    expect(addresses('::', doc).parse(given)).toEqual(given.split(','));
  });
});

describe('networks', () => {
  it.each(['192.0.2.0/33', '2001:db8::/129', '192.0.2.0/8/8', 'localhost', 'fe80::1%eth0', 'fe80::%eth0/64'])(
    'should name %s, which is no network',
    (given) => {
      expect(() => networks('', doc).parse(`10.0.0.0/8,${given}`)).toThrow(
        `must be networks separated by commas, such as 192.0.2.0/24,2001:db8::/32; "${given}" is none`,
      );
    },
  );
});

describe('duration', () => {
  it('should refuse a duration that the timers of Node would turn into 1 ms', () => {
    const key = duration('0s', doc);
    expect(key.parse('576h')).toBe(24 * 86_400_000);
    expect(() => key.parse('2073600001ms')).toThrow('at most 24 days');
  });
});
