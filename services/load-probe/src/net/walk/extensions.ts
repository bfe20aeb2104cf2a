import { SocketAddress } from 'node:net';

/** Of RFC 4884: the datagram is quoted with this many bytes, from its IP header on, where it is shorter. */
const QUOTED_BYTES = 128;
/** Headers without options. */
const IP_BYTES = { 4: 20, 6: 40 } as const;
const UDP_BYTES = 8;
const EXTENSION_VERSION = 2;
const HEADER_BYTES = 4;
/** Class and type of an object with MPLS labels (RFC 4950), and the class of one about an interface (RFC 5837). */
const MPLS = { class: 1, type: 1 } as const;
const INTERFACE = 2;
/** Of the type of an interface object: which parts it has. */
const HAS = { index: 8, address: 4, name: 2, mtu: 1 } as const;
const ROLES = ['received on', 'received on sub-interface', 'to be sent on', 'next hop'] as const;
/** Address families of an interface object. */
const FAMILIES: Readonly<Record<number, { readonly family: 'ipv4' | 'ipv6'; readonly bytes: number }>> = {
  1: { family: 'ipv4', bytes: 4 },
  2: { family: 'ipv6', bytes: 16 },
};

/**
 * What the extensions of an ICMP message say, a sentence each. A message whose extensions are damaged says nothing.
 *
 * @param quoted what follows the UDP header of the quoted packet, or its IP header with `isTcp`, to the end of the message
 */
export function extensionNotes(quoted: Buffer, family: 4 | 6, isTcp: boolean): string[] {
  const at = QUOTED_BYTES - IP_BYTES[family] - (isTcp ? 0 : UDP_BYTES);
  const extensions = quoted.subarray(at);
  if (extensions.length < HEADER_BYTES || extensions[0]! >> 4 !== EXTENSION_VERSION) return [];
  // A checksum of 0 is none.
  if (extensions.readUInt16BE(2) !== 0 && !isIntact(extensions)) return [];
  const notes: string[] = [];
  let rest = extensions.subarray(HEADER_BYTES);
  while (rest.length >= HEADER_BYTES) {
    const length = rest.readUInt16BE(0);
    if (length < HEADER_BYTES || length > rest.length) return [];
    const [, , group, type] = rest as unknown as readonly [number, number, number, number];
    const body = rest.subarray(HEADER_BYTES, length);
    if (group === MPLS.class && type === MPLS.type) notes.push(...mplsNotes(body));
    else if (group === INTERFACE) notes.push(...interfaceNotes(type, body));
    rest = rest.subarray(length);
  }
  return rest.length === 0 ? notes : [];
}

/** The sum of the words in one's complement, with the checksum among them (RFC 1071). */
function isIntact(bytes: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}

function mplsNotes(body: Buffer): string[] {
  const labels: string[] = [];
  for (let at = 0; at + 4 <= body.length; at += 4) {
    const entry = body.readUInt32BE(at);
    labels.push(`${entry >>> 12} (class ${(entry >>> 9) & 7}, TTL ${entry & 0xff})`);
  }
  if (labels.length === 0) return [];
  return [`MPLS ${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')}`];
}

function interfaceNotes(type: number, body: Buffer): string[] {
  const parts: string[] = [];
  let rest = body;
  const take = (bytes: number): Buffer => {
    const taken = rest.subarray(0, bytes);
    rest = rest.subarray(bytes);
    return taken;
  };
  if ((type & HAS.index) !== 0) {
    const index = take(4);
    if (index.length < 4) return [];
    parts.push(`index ${index.readUInt32BE(0)}`);
  }
  if ((type & HAS.address) !== 0) {
    const head = take(4);
    const kind = head.length < 4 ? undefined : FAMILIES[head.readUInt16BE(0)];
    const bytes = take(kind?.bytes ?? 0);
    if (kind === undefined || bytes.length < kind.bytes) return [];
    parts.push(`address ${addressText(bytes, kind.family)}`);
  }
  if ((type & HAS.name) !== 0) {
    // The length counts its own byte.
    const length = rest[0] ?? 0;
    const name = take(length).subarray(1);
    if (length < 1 || name.length !== length - 1) return [];
    parts.unshift(printable(name));
  }
  if ((type & HAS.mtu) !== 0) {
    const mtu = take(4);
    if (mtu.length < 4) return [];
    parts.push(`MTU ${mtu.readUInt32BE(0)}`);
  }
  return parts.length === 0 ? [] : [`${ROLES[(type >> 6) as 0 | 1 | 2 | 3]} ${parts.join(', ')}`];
}

function addressText(bytes: Buffer, family: 'ipv4' | 'ipv6'): string {
  if (family === 'ipv4') return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16));
  return new SocketAddress({ address: groups.join(':'), family }).address;
}

/** A router's text, padded with zeros, goes to a terminal. */
function printable(name: Buffer): string {
  return name
    .toString('latin1')
    .replace(/\0+$/, '')
    .replace(/[^ -~]/g, '?');
}
