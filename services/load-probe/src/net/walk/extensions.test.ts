import fc from 'fast-check';
import { expect, it } from 'vitest';
import { extensionNotes } from './extensions.ts';

/** Of a quoted datagram over IPv4, behind its headers, padded to 128 bytes with them. */
const padded = Buffer.alloc(100);

function object(group: number, type: number, ...body: readonly number[]): number[] {
  return [0, 4 + body.length, group, type, ...body];
}

/** Extensions with their header and checksum (RFC 4884, section 7). */
function extensions(...objects: readonly number[]): Buffer {
  const bytes = Buffer.from([0x20, 0, 0, 0, ...objects]);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  bytes.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 2);
  return bytes;
}

const labels = object(1, 1, 0x05, 0xdc, 0xa0, 0xfe, 0x00, 0x01, 0x01, 0x01);
const name = [...Buffer.from('\x08ge-0/0\x00')];
const incoming = object(2, 0x0f, 0, 0, 0, 7, 0, 1, 0, 0, 192, 0, 2, 1, ...name, 0, 0, 0x05, 0xdc);
const nextHop = object(2, 0xc4, 0, 2, 0, 0, 0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1);
const notes = [
  'MPLS labels 24010 (class 0, TTL 254), 16 (class 0, TTL 1)',
  'received on ge-0/0, index 7, address 192.0.2.1, MTU 1500',
  'next hop address 2001:db8::1',
];

it('should tell MPLS labels and interfaces', () => {
  const bytes = extensions(...labels, ...incoming, ...object(9, 9, 1, 2, 3, 4), ...nextHop);
  expect(extensionNotes(Buffer.concat([padded, bytes]), 4, false)).toEqual(notes);
  expect(extensionNotes(Buffer.concat([Buffer.alloc(108), bytes]), 4, true)).toEqual(notes);
  expect(extensionNotes(Buffer.concat([Buffer.alloc(80), bytes]), 6, false)).toEqual(notes);
});

it('should print no control character of a router', () => {
  const bytes = extensions(...object(2, 0x02, 8, 27, 91, 50, 74, 97, 0, 0));
  expect(extensionNotes(Buffer.concat([padded, bytes]), 4, false)).toEqual(['received on ?[2Ja']);
});

it('should tell nothing of a message without extensions, or with damaged ones', () => {
  const bytes = Buffer.concat([padded, extensions(...labels)]);
  expect(extensionNotes(padded, 4, false)).toEqual([]);
  for (let at = padded.length; at < bytes.length; at += 1) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x55;
    expect(extensionNotes(damaged, 4, false), `byte ${at}`).toEqual([]);
  }
});

it('should read whatever bytes come', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(1, 2),
      fc.nat(255),
      (body, group, type) => {
        const even = [...body, ...(body.length % 2 === 0 ? [] : [0])];
        const bytes = Buffer.concat([padded, extensions(...object(group, type, ...even))]);
        expect(extensionNotes(bytes, 4, false).length).toBeLessThanOrEqual(1);
        expect(extensionNotes(Buffer.from(body), 6, true).length).toBeLessThanOrEqual(200);
      },
    ),
  );
});
