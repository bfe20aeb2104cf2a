import { type BrokenServer, notListening, reply, udp } from './broken-server.ts';
import type { ClauseId } from './clauses.ts';
import { BASE_BYTES, COPY, COPY_BYTES } from './stamp-packet.ts';

/** Makes the right reply of a reflector that knows extra padding alone into a wrong one; undefined is no reply. */
type Mistake = (reply: Buffer, request: Buffer, count: number) => Buffer | undefined;

/** At least one for each clause. */
export const brokenReflectors: readonly BrokenServer[] = [
  notListening('udp', '8762-udp-1'),
  reflector(
    '8762-udp-2',
    'answers with the base packet alone',
    /48 bytes were sent, the reply has 44/,
    (bytes) => bytes.subarray(0, BASE_BYTES),
  ),
  reflector('8762-udp-3', 'tells nothing of the request', /byte 0 of 14 was sent as 0xfe/, (bytes) =>
    bytes.fill(0, COPY, COPY + COPY_BYTES),
  ),
  reflector('8762-udp-4', 'counts all packets', /are 0 1 2 3, not 0 1 0 2/, (bytes, _, count) => {
    bytes.writeUInt32BE(count, 0);
    return bytes;
  }),
  reflector('8762-udp-5', 'answers before it receives', /had the packet for -1000\.000 ms/, (bytes) => {
    bytes.writeUInt32BE(bytes.readUInt32BE(4) + 1, 16);
    return bytes;
  }),
  reflector('8762-udp-5', 'has no clock', /its timestamps are zero/, (bytes) =>
    bytes.fill(0, 4, 12).fill(0, 16, 24),
  ),
  reflector('8762-udp-6', 'leaves what must be zero', /byte 41 of the reply is 0xff/, (bytes) =>
    bytes.fill(0xff, 41, 44),
  ),
  reflector('8762-udp-7', 'takes only zeros', /no answer/, (bytes, request) =>
    request.subarray(16, BASE_BYTES).every((byte) => byte === 0) ? bytes : undefined,
  ),
  reflector('8762-udp-8', 'does not know the TTL', /sent with TTL 33, the reply says 255/, (bytes) =>
    bytes.fill(255, 40, 41),
  ),
  reflector('8762-udp-9', 'makes no estimate', /the multiplier of its error estimate is 0/, (bytes) =>
    bytes.fill(0, 12, 14),
  ),
  reflector('8762-udp-10', 'answers anything', /a multiplier of 0 was answered/, (bytes) => bytes),
  reflector('8972-udp-1', 'has zeros for the SSID', /came back as 0/, (bytes) => bytes.fill(0, 14, 16)),
  reflector('8972-udp-2', 'counts by port alone', /began at 0 1, not 0 0/, (bytes, _, count) => {
    bytes.writeUInt32BE(count, 0);
    return bytes;
  }),
  reflector('8972-udp-3', 'claims to know any TLV', /the U flag of an unknown TLV is 0/, (bytes) =>
    bytes.fill(0, 44, 45),
  ),
  reflector('8972-udp-4', 'knows no TLV', /the U flag of extra padding is 1/, (bytes) =>
    bytes.fill(0x80, 44, 45),
  ),
  reflector('8972-udp-5', 'reads beyond the packet', /the M flag .* is 0/, (bytes) => bytes.fill(0, 44, 45)),
  reflector('8972-udp-6', 'repeats the class of service', /not what the packet had/, (bytes) =>
    bytes.fill(0, 44, 45),
  ),
  reflector('8972-udp-7', 'counts nothing', /of 1 packets it counted 0 as received/, (bytes) =>
    bytes.fill(0, 44, 45),
  ),
  reflector(
    '8972-udp-8',
    'tells the time of nothing',
    /stateless, and its sequence number or timestamp/,
    (bytes) => bytes.fill(0, 44, 45).fill(9, 48, 60),
  ),
];

function reflector(clause: ClauseId, how: string, reason: RegExp, mistake: Mistake): BrokenServer {
  let count = 0;
  return udp(clause, how, reason, (socket, request, source) => {
    const wrong = mistake(rightReply(request), request, count);
    count += 1;
    if (wrong) reply(socket, wrong, source);
  });
}

/** Of a stateless reflector on loopback. */
function rightReply(request: Buffer): Buffer {
  const bytes = Buffer.from(request);
  request.copy(bytes, COPY, 0, COPY_BYTES);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1e3) + 2_208_988_800, 4);
  bytes.writeUInt32BE(0, 8);
  bytes.copy(bytes, 16, 4, 12);
  bytes.writeUInt16BE(0x3fff, 12);
  bytes.fill(0, 38, BASE_BYTES);
  bytes[40] = 33;
  return bytes;
}
