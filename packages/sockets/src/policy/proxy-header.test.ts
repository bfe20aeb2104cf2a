import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LOCAL,
  PROXY,
  V2_SIGNATURE,
  v1Header,
  v2Bytes,
  v2Header,
} from '../../../../tests/harness/proxy-header-bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import { readProxyHeader } from './proxy-header.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A complete header, and the source that it announces. */
interface Valid {
  readonly bytes: Buffer;
  readonly source?: Endpoint;
}

function complete({ bytes, source }: Valid) {
  return { state: 'complete', length: bytes.length, ...(source && { source }) };
}

describe('a header of version 1', () => {
  it.each([
    ['PROXY TCP4 192.168.0.1 192.168.0.11 56324 443', '192.168.0.1', 56324],
    ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', '255.255.255.255', 65535],
    ['PROXY TCP4 192.0.2.1 198.51.100.1 0 0', '192.0.2.1', 0],
    ['PROXY TCP6 2001:db8::1 2001:db8::2 4711 7', '2001:db8::1', 4711],
    [
      'PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      65535,
    ],
    ['PROXY TCP6 2001:0DB8:0000:0000:0000:0000:0000:00A1 :: 1 2', '2001:db8::a1', 1],
    ['PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2', '192.0.2.1', 1],
    ['PROXY TCP6 ::FFFF:C000:0201 ::1 1 2', '192.0.2.1', 1],
  ])('should announce the source of %j', (line, address, port) => {
    const bytes = latin1(`${line}\r\n`);
    expect(readProxyHeader(bytes)).toEqual(complete({ bytes, source: { address, port } }));
  });

  it.each([
    'PROXY UNKNOWN',
    'PROXY UNKNOWN ',
    'PROXY UNKNOWN whatever this is',
    'PROXY UNKNOWN a\nb',
    'PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535',
  ])('should leave the connection to the proxy with %j', (line) => {
    const bytes = latin1(`${line}\r\n`);
    expect(readProxyHeader(bytes)).toEqual(complete({ bytes }));
  });

  it.each([
    'PROXY ',
    'PROXY TCP5 192.0.2.1 192.0.2.2 1 2',
    'PROXY tcp4 192.0.2.1 192.0.2.2 1 2',
    'PROXY UDP4 192.0.2.1 192.0.2.2 1 2',
    'PROXY UNKNOWNS',
    'PROXY  TCP4 192.0.2.1 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.1  192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 ',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1',
    'PROXY TCP4 192.0.2.1',
    'PROXY TCP4 2001:db8::1 2001:db8::2 1 2',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.1 2001:db8::2 1 2',
    'PROXY TCP4 192.0.2.1 nowhere 1 2',
    'PROXY TCP4 192.0.2.256 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.01 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2 192.0.2.2 1 2',
    'PROXY TCP4 localhost 192.0.2.2 1 2',
    'PROXY TCP6 2001:db8::1::2 ::1 1 2',
    'PROXY TCP6 fe80::1%lo ::1 1 2',
    'PROXY TCP6 12345::1 ::1 1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 65536 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536',
    'PROXY TCP4 192.0.2.1 192.0.2.2 01 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 02',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1e3 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r',
    'PROXY TCP4\t192.0.2.1\t192.0.2.2\t1\t2',
  ])('should be invalid as %j', (line) => {
    expect(readProxyHeader(latin1(`${line}\r\n`)).state).toBe('invalid');
  });

  it('should end within 107 bytes', () => {
    const longest = latin1(`PROXY UNKNOWN ${'x'.repeat(107 - 16)}\r\n`);
    expect(longest).toHaveLength(107);
    expect(readProxyHeader(longest)).toEqual(complete({ bytes: longest }));
    const unended = latin1(`PROXY UNKNOWN ${'x'.repeat(108 - 16)}\r\n`);
    expect(readProxyHeader(unended.subarray(0, 106)).state).toBe('incomplete');
    expect(readProxyHeader(unended.subarray(0, 107)).state).toBe('invalid');
    expect(readProxyHeader(unended).state).toBe('invalid');
  });

  it.each(['\r', '\n', '\n\r', '\r\r', '\0'])('should not end with %j alone', (lineEnd) => {
    const header = latin1(`PROXY TCP4 192.0.2.1 192.0.2.2 1 2${lineEnd}`);
    expect(readProxyHeader(header).state).toBe('incomplete');
    expect(readProxyHeader(Buffer.concat([header, Buffer.alloc(107)])).state).toBe('invalid');
  });
});

describe('a header of version 2', () => {
  it('should announce the source of an example written out byte by byte', () => {
    const four = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0a80001c0a8000bdc0401bb', 'hex');
    expect(readProxyHeader(four)).toEqual(
      complete({ bytes: four, source: { address: '192.168.0.1', port: 56324 } }),
    );
    const six = Buffer.from(
      '0d0a0d0a000d0a515549540a21210024' +
        '20010db8000000000000000000000001' +
        '20010db8000000000000000000000002' +
        '12670007',
      'hex',
    );
    expect(readProxyHeader(six)).toEqual(
      complete({ bytes: six, source: { address: '2001:db8::1', port: 4711 } }),
    );
  });

  it('should announce an IPv4-mapped source as the IPv4 address it is', () => {
    const bytes = v2Header({ address: '::ffff:c000:201', port: 5 });
    expect(readProxyHeader(bytes)).toEqual(complete({ bytes, source: { address: '192.0.2.1', port: 5 } }));
  });

  it.each([
    ['LOCAL', LOCAL, 0x00, 0],
    ['LOCAL with bytes to skip', LOCAL, 0x00, 100],
    ['LOCAL with an IPv4 address', LOCAL, 0x11, 12],
    ['LOCAL with a family that does not exist', LOCAL, 0xff, 3],
    ['an unspecified family', PROXY, 0x00, 0],
    ['an unspecified family with an address', PROXY, 0x00, 36],
    ['an unspecified family over TCP', PROXY, 0x01, 0],
    ['IPv4 over an unspecified transport', PROXY, 0x10, 12],
    ['UDP over IPv4', PROXY, 0x12, 12],
    ['UDP over IPv6', PROXY, 0x22, 36],
    ['a UNIX stream', PROXY, 0x31, 216],
    ['UNIX datagrams', PROXY, 0x32, 216],
  ])('should leave the connection to the proxy with %s', (_, command, kind, payloadBytes) => {
    const bytes = v2Bytes(command, kind, Buffer.alloc(payloadBytes, 0xff));
    expect(readProxyHeader(bytes)).toEqual(complete({ bytes }));
  });

  it.each([
    ['version 1', 0x11, 0x11, 12],
    ['version 3', 0x31, 0x11, 12],
    ['an unknown command', 0x22, 0x11, 12],
    ['an unknown family', PROXY, 0x41, 216],
    ['an unknown transport', PROXY, 0x13, 12],
    ['an IPv4 address cut short', PROXY, 0x11, 11],
    ['an IPv6 address cut short', PROXY, 0x21, 35],
    ['no address', PROXY, 0x11, 0],
  ])('should be invalid with %s', (_, command, kind, payloadBytes) => {
    const bytes = v2Bytes(command, kind, Buffer.alloc(payloadBytes));
    expect(readProxyHeader(bytes).state).toBe('invalid');
    // The error shows in the fixed part, before the rest has come.
    expect(readProxyHeader(bytes.subarray(0, 16)).state).toBe('invalid');
  });

  it('should be at most 4096 bytes long', () => {
    const source = { address: '192.0.2.1', port: 1 };
    const longest = v2Header(source, Buffer.alloc(4_096 - 28));
    expect(readProxyHeader(longest)).toEqual(complete({ bytes: longest, source }));
    expect(readProxyHeader(v2Header(source, Buffer.alloc(4_096 - 27))).state).toBe('invalid');
    const announced = v2Bytes(PROXY, 0x11, Buffer.alloc(0xffff)).subarray(0, 16);
    expect(readProxyHeader(announced).state).toBe('invalid');
  });
});

describe('bytes that are no header', () => {
  it.each([
    'GET / HTTP/1.1\r\n',
    'proxy TCP4 ',
    'PROXY\r\n',
    'PROXYTCP4',
    ' PROXY ',
    '\r\n\r\n\r\n',
    '\r\nhello',
    '\x16\x03\x01',
    '\0',
    'PX',
  ])('should be absent: %j', (text) => {
    expect(readProxyHeader(latin1(text))).toEqual({ state: 'absent' });
  });

  it('should be known at the first byte that differs from a header', () => {
    for (const signature of [latin1('PROXY '), V2_SIGNATURE]) {
      for (let length = 0; length < signature.length; length += 1) {
        const start = signature.subarray(0, length);
        expect(readProxyHeader(start)).toEqual({ state: 'incomplete' });
        expect(readProxyHeader(Buffer.concat([start, latin1('!')])).state).toBe('absent');
      }
    }
  });
});

const port = fc.nat(65_535);
const ipv4 = fc.ipV4();
/** Without IPv6 addresses that end in an IPv4 address: URL writes these in another form. */
const ipv6 = fc
  .array(
    fc.oneof(
      fc.constant('0'),
      fc.nat(0xffff).map((group) => group.toString(16)),
    ),
    {
      minLength: 8,
      maxLength: 8,
    },
  )
  .filter((groups) => groups.slice(0, 5).some((group) => group !== '0'))
  .map((groups) => groups.join(':'));
const clients = fc.record({ address: fc.oneof(ipv4, ipv6), port });
const bytesUpTo = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes): Buffer => Buffer.from(bytes));

function canonical({ address, port: clientPort }: Endpoint): Endpoint {
  const plain = address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
  return { address: plain, port: clientPort };
}

const validHeaders: fc.Arbitrary<Valid> = fc.oneof(
  clients.map((client) => ({ bytes: v1Header(client), source: canonical(client) })),
  clients.map((client) => {
    return {
      bytes: v1Header({ ...client, address: client.address.toUpperCase() }),
      source: canonical(client),
    };
  }),
  fc.tuple(clients, bytesUpTo(300)).map(([client, tlvs]) => {
    return { bytes: v2Header(client, tlvs), source: canonical(client) };
  }),
  fc
    .string({ maxLength: 91 })
    .filter((rest) => !/[\r\n]/.test(rest))
    .map((rest) => ({ bytes: latin1(`PROXY UNKNOWN ${rest}\r\n`) })),
  fc.tuple(fc.nat(255), bytesUpTo(300)).map(([kind, payload]) => ({ bytes: v2Bytes(LOCAL, kind, payload) })),
  fc
    .tuple(fc.constantFrom(0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22, 0x30, 0x31, 0x32), bytesUpTo(300))
    .map(([kind, payload]) => ({ bytes: v2Bytes(PROXY, kind, payload) })),
);

it('should know every valid header at its last byte, not earlier, with any bytes behind it', () => {
  fc.assert(
    fc.property(validHeaders, bytesUpTo(200), (valid, after) => {
      for (let length = 0; length < valid.bytes.length; length += 1) {
        expect(readProxyHeader(valid.bytes.subarray(0, length))).toEqual({ state: 'incomplete' });
      }
      expect(readProxyHeader(valid.bytes)).toEqual(complete(valid));
      expect(readProxyHeader(Buffer.concat([valid.bytes, after]))).toEqual(complete(valid));
    }),
  );
});

it('should never throw on any bytes, nor wait for more than the longest header', () => {
  const beginnings = ['', 'PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 ', 'PROXY UNKNOWN', V2_SIGNATURE].map((text) =>
    Buffer.from(text),
  );
  const damaged = fc
    .tuple(validHeaders, fc.nat(), fc.nat(255))
    .map(([{ bytes }, at, byte]) =>
      Buffer.from(bytes).fill(byte, at % bytes.length, (at % bytes.length) + 1),
    );
  const random = fc
    .tuple(fc.constantFrom(...beginnings), bytesUpTo(5_000))
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(fc.oneof(damaged, random), (bytes) => {
      const header = readProxyHeader(bytes);
      if (header.state === 'complete') expect(header.length).toBeLessThanOrEqual(bytes.length);
      if (header.state === 'incomplete') expect(bytes.length).toBeLessThan(4_096);
    }),
    { numRuns: 1_000 },
  );
});
