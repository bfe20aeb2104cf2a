/** Answers every query for an IPv4 address with its argument: the part of RFC 1035 that a stub resolver needs. */
import { createSocket } from 'node:dgram';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const address = (process.argv[2] ?? '').split('.').map(Number);
const socket = createSocket('udp4');
socket.on('message', (query, { address: host, port }) => {
  const endOfName = query.indexOf(0, HEADER_BYTES) + 1;
  const question = query.subarray(HEADER_BYTES, endOfName + 4);
  const isA = query.readUInt16BE(endOfName) === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isA ? 1 : 0, 6);
  // Name as a pointer to the question, type A, class IN, TTL 0.
  const answer = isA
    ? Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address])
    : Buffer.alloc(0);
  socket.send(Buffer.concat([header, question, answer]), port, host);
});
socket.bind(53, '127.0.0.1', () => process.stdout.write('ready\n'));
