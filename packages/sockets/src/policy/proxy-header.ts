import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from '@echo-daytime/addresses';
import type { Endpoint } from '../endpoint.ts';

/**
 * The header that a proxy sends first on a connection, with the address of its client: the PROXY protocol, versions 1
 * and 2, https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.
 */
export type ProxyHeader =
  /** The bytes may be the beginning of a header. */
  | { readonly state: 'incomplete' }
  /** The bytes are no header. */
  | { readonly state: 'absent' }
  /** The bytes begin as a header and break its rules. */
  | { readonly state: 'invalid'; readonly reason: string }
  /** `length` bytes of header. No source: the connection is the proxy's own, such as a health check. */
  | { readonly state: 'complete'; readonly length: number; readonly source?: Endpoint };

const V1_SIGNATURE = Buffer.from('PROXY ');
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** The longest line of version 1, its CRLF included. Bytes. */
const V1_MAX_BYTES = 107;
const V2_FIXED_BYTES = 16;
/** A header is held in memory until it is complete. No real proxy sends so many extensions (TLVs). Bytes. */
const V2_MAX_BYTES = 4_096;

const V2_COMMAND = { local: 0x20, proxy: 0x21 } as const;
/** The byte for family and transport, with the length of both addresses and both ports. */
const V2_TCP4 = { kind: 0x11, bytes: 12 } as const;
const V2_TCP6 = { kind: 0x21, bytes: 36 } as const;
/** The highest values that exist: UNIX in the upper half of the byte, datagram in the lower half. */
const V2_LAST_FAMILY = 3;
const V2_LAST_TRANSPORT = 2;

/** Reads a header at the beginning of the bytes that a connection has sent so far. Never throws. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsLike(bytes, V2_SIGNATURE)) return bytes.length < V2_FIXED_BYTES ? incomplete : readV2(bytes);
  if (beginsLike(bytes, V1_SIGNATURE)) return readV1(bytes);
  return { state: 'absent' };
}

const incomplete: ProxyHeader = { state: 'incomplete' };

function beginsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) {
    return bytes.length < V1_MAX_BYTES ? incomplete : invalid(`no line end within ${V1_MAX_BYTES} bytes`);
  }
  const length = end + 2;
  const line = bytes.toString('latin1', 0, end);
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { state: 'complete', length };
  const [, family, address = '', destination = '', port = '', destinationPort = ''] =
    /^PROXY (TCP4|TCP6) ([\da-fA-F:.]+) ([\da-fA-F:.]+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? [];
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (![address, destination].every(isAddress) || ![port, destinationPort].every(isPort)) {
    return invalid('malformed line of version 1');
  }
  return { state: 'complete', length, source: { address: canonicalAddress(address), port: Number(port) } };
}

/** Refuses leading zeros, which some programs read as octal. */
function isPort(text: string): boolean {
  return Number(text) <= 65_535 && String(Number(text)) === text;
}

/** Checks the fixed part before the rest has come: every error shows there. */
function readV2(bytes: Buffer): ProxyHeader {
  const [command, kind] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  const payloadBytes = bytes.readUInt16BE(14);
  const length = V2_FIXED_BYTES + payloadBytes;
  if (length > V2_MAX_BYTES) return invalid(`longer than ${V2_MAX_BYTES} bytes`);
  if (command === V2_COMMAND.local) return bytes.length < length ? incomplete : { state: 'complete', length };
  if (command !== V2_COMMAND.proxy) return invalid(`unknown version or command ${command}`);
  if (kind >> 4 > V2_LAST_FAMILY || (kind & 0x0f) > V2_LAST_TRANSPORT) {
    return invalid(`unknown address family or transport ${kind}`);
  }
  const tcp = [V2_TCP4, V2_TCP6].find((candidate) => candidate.kind === kind);
  if (tcp && payloadBytes < tcp.bytes) return invalid(`${payloadBytes} bytes are too short for an address`);
  if (bytes.length < length) return incomplete;
  // The address of any other family means nothing here. The specification treats such families as unspecified.
  if (!tcp) return { state: 'complete', length };
  const addresses = bytes.subarray(V2_FIXED_BYTES);
  const address = tcp === V2_TCP4 ? ipv4Text(addresses) : ipv6Text(addresses);
  // Both ports follow the addresses.
  return { state: 'complete', length, source: { address, port: addresses.readUInt16BE(tcp.bytes - 4) } };
}

function ipv4Text(bytes: Buffer): string {
  return bytes.subarray(0, 4).join('.');
}

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return canonicalAddress(groups.join(':'));
}

function invalid(reason: string): ProxyHeader {
  return { state: 'invalid', reason };
}
