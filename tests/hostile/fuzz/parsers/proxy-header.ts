import { isIP } from 'node:net';
import { type ProxyHeader, readProxyHeader } from '../../../../packages/sockets/src/policy/proxy-header.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';
import { readPieces, writePieces } from '../pieces.ts';

/** The limit of the specification for version 1, and our limit for version 2. Bytes. */
const LONGEST = { v1: 107, v2: 4_096 } as const;
const V2_SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** The header of a proxy, in pieces. */
export const parser: FuzzedParser = {
  name: 'proxy-header',
  inputs: { brief: 2_000, full: 350_000 },
  batch: 5_000,
  maxBytes: 6_000,
  covers: ['packages/sockets/src/policy/proxy-header.ts'],
  leastCoverage: 94,
  dictionary: (
    'PROXY |TCP4 |TCP6 |UNKNOWN|\\r\\n|\\r| |192.0.2.7 |255.255.255.255 |01.2.3.4 |::1 |2001:db8::1 |' +
    '::ffff:1.2.3.4 |::%lo |1:2:3:4:5:6:7:8 |0 |65535|65536|007|\\r\\n\\r\\n\\0\\r\\nQUIT\\n|\\x20|\\x21|' +
    '\\x11\\0\\x0c|\\x21\\0\\x24|\\x31\\0\\xd8|\\x12\\0\\x0c|\\0\\0|\\0\\x0b|\\x0f\\xf0|\\x0f\\xf1|\\xff\\xff|\\x03\\0\\x04'
  ).split('|'),
  seeds: [
    writePieces(0, 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\nhello'),
    writePieces(0, 'PROXY TCP6 2001:db8::7 ::1 ', '40000 7\r', '\nhello'),
    writePieces(0, 'PROXY UNKNOWN ffff::1 ::1 1 2\r\n'),
    writePieces(0, `${V2_SIGNATURE}\x20\0\0\0`, 'hello'),
    writePieces(0, V2_SIGNATURE, '\x21\x11\0\x0c', '\xc0\0\x02\x07\xc6\x33\x64\x01\x9c\x40\0\x07', 'hello'),
    writePieces(0, `${V2_SIGNATURE}\x21\x21\0\x24${'\x20\x01\x0d\xb8'.repeat(8)}\x9c\x40\0\x07`),
    writePieces(0, `${V2_SIGNATURE}\x21\x11\0\x13${'\x01'.repeat(12)}\x03\0\x04abcd`, 'hello'),
    writePieces(0, 'GET / HTTP/1.1\r\n\r\n'),
  ],

  attempt(input) {
    const { pieces } = readPieces(input);
    const whole = Buffer.concat(pieces.map(({ bytes }) => bytes));
    let seen = Buffer.alloc(0);
    let header: ProxyHeader = { state: 'incomplete' };
    for (const { bytes } of pieces) {
      seen = Buffer.concat([seen, bytes]);
      header = readProxyHeader(seen);
      if (header.state !== 'incomplete') break;
    }
    const atOnce = readProxyHeader(whole);
    promise(same(header, atOnce), () => `in pieces ${show(header)}, at once ${show(atOnce)}`);
    checkAgainst(reference(whole), header, whole);
    const { state } = header;
    const detail = 'reason' in header ? header.reason.replace(/\d+/g, 'N') : '';
    return `${state} ${detail} ${'source' in header ? isIP(header.source?.address ?? '') : ''} ${state === 'absent' ? '' : whole[0]}`;
  },
};

function same(one: ProxyHeader, other: ProxyHeader): boolean {
  return show(one) === show(other);
}

function show(header: ProxyHeader): string {
  return JSON.stringify(header);
}

/** What the specification says about the first bytes of a connection. `length`: of the header. */
export type Expected =
  | { readonly state: 'absent' | 'incomplete' | 'invalid' }
  | { readonly state: 'complete'; readonly length: number; readonly family?: 4 | 6; readonly port?: number };

/** A second, independent implementation of the specification, by searches and fields only. */
export function reference(bytes: Buffer): Expected {
  const text = bytes.toString('latin1');
  if (V2_SIGNATURE.startsWith(text.slice(0, 12)) && text.length < 16) return { state: 'incomplete' };
  if (text.startsWith(V2_SIGNATURE)) return referenceV2(bytes);
  if ('PROXY '.startsWith(text.slice(0, 6)) && text.length < 6) return { state: 'incomplete' };
  return text.startsWith('PROXY ') ? referenceV1(text) : { state: 'absent' };
}

function referenceV1(text: string): Expected {
  const end = text.indexOf('\r\n');
  if (end < 0 || end + 2 > LONGEST.v1) return { state: text.length < LONGEST.v1 ? 'incomplete' : 'invalid' };
  const [, family, source = '', destination = '', ...ports] = text.slice(0, end).split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { state: 'complete', length };
  const version = family === 'TCP4' ? 4 : 6;
  const valid =
    /^TCP[46]$/.test(family ?? '') &&
    [source, destination].every((address) => isIP(address) === version && !address.includes('%')) &&
    ports.length === 2 &&
    ports.every((port) => /^(0|[1-9]\d{0,4})$/.test(port) && Number(port) < 65_536);
  if (!valid) return { state: 'invalid' };
  return { state: 'complete', length, family: isMapped(source) ? 4 : version, port: Number(ports[0]) };
}

function referenceV2(bytes: Buffer): Expected {
  const [command = 0, kind = 0, high = 0, low = 0] = bytes.subarray(12);
  const [version, family, transport] = [command >> 4, kind >> 4, kind & 15];
  const length = 16 + high * 256 + low;
  if (version !== 2 || (command & 15) > 1 || length > LONGEST.v2) return { state: 'invalid' };
  const isOwn = (command & 15) === 0;
  if (!isOwn && (family > 3 || transport > 2)) return { state: 'invalid' };
  const addressBytes = !isOwn && transport === 1 ? ([0, 4, 16][family] ?? 0) : 0;
  if (addressBytes > 0 && length - 16 < 2 * addressBytes + 4) return { state: 'invalid' };
  if (bytes.length < length) return { state: 'incomplete' };
  if (addressBytes === 0) return { state: 'complete', length };
  const at = 16 + 2 * addressBytes;
  const mapped = addressBytes === 16 && bytes.subarray(16, 28).toString('hex') === `${'0'.repeat(20)}ffff`;
  return {
    state: 'complete',
    length,
    family: addressBytes === 4 || mapped ? 4 : 6,
    port: bytes.readUInt16BE(at),
  };
}

function isMapped(address: string): boolean {
  return (
    /^[0:]*:ffff:(\d+\.|[\da-f]+:[\da-f]+$)/i.test(address) && isIP(address) === 6 && groupsBefore(address)
  );
}

/** Whether 80 zero bits come before the `ffff`, in any notation. */
function groupsBefore(address: string): boolean {
  return new URL(`http://[${address}]/`).hostname.startsWith('[::ffff:');
}

function checkAgainst(expected: Expected, header: ProxyHeader, bytes: Buffer): void {
  promise(
    header.state === expected.state,
    () => `${show(header)}, but the specification says ${expected.state}`,
  );
  if (header.state !== 'complete' || expected.state !== 'complete') return;
  const { length, source } = header;
  promise(length <= bytes.length, () => `a header of ${length} bytes in ${bytes.length}`);
  const [family, port] = [source && isIP(source.address), source?.port];
  const agrees = length === expected.length && family === expected.family && port === expected.port;
  promise(agrees, () => `${show(header)}, but the specification says ${JSON.stringify(expected)}`);
}
