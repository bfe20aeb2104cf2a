import type { RequestHeader } from '@echo-daytime/sockets';
import { CounterBlock } from '@echo-daytime/worker';
import { StampReflector, stampModes } from '../../../../services/echo/src/stamp/stamp-udp.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';
import { readPieces, writePieces } from '../pieces.ts';

const COUNTERS_BYTES = 64;
const BASE_BYTES = 44;
const MULTIPLIER = 13;
/** Fewer sessions than an input may begin. */
const MAX_SESSIONS = 2;
const NOW = { seconds: 1_700_000_000, nanoseconds: 123_456_789, read() {} };
const FLAGS = { unrecognized: 0x80, malformed: 0x40 } as const;
/** The TLV that tells who answers, and what it tells, in the room for all fields or for the first alone. */
const RESPONDER = 252;
const NAMES = ['pod=echo-7d9f node=n1', 'pod=echo-7d9f'] as const;
/** Lengths of the values of the TLVs that are understood; undefined is any (RFC 8972, 4.1, 4.4, 4.5 and 4.7). */
const LENGTHS = new Map([
  [1, undefined],
  [4, 4],
  [5, 12],
  [7, 16],
  [RESPONDER, undefined],
]);
const base = (more = ''): string => `\0\0\0\x07${'\xe8'.repeat(8)}\x80\x01\0\x01${'\0'.repeat(28)}${more}`;

/** Datagrams to a STAMP reflector: each request gets a reply as long, with the flags that are due. */
export const parser: FuzzedParser = {
  name: 'stamp',
  inputs: { brief: 1_000, full: 200_000 },
  batch: 2_000,
  maxBytes: 1_024,
  covers: [
    'services/echo/src/stamp/stamp-udp.ts',
    'services/echo/src/stamp/reflected-tlvs.ts',
    'services/echo/src/stamp/session-table.ts',
    'packages/stamp/src/responder.ts',
    'packages/stamp/src/tlvs.ts',
  ],
  leastCoverage: 80,
  dictionary: [
    ...[
      '\\x80\\x01\\0\\x04',
      '\\x80\\x04\\0\\x04',
      '\\x80\\x05\\0\\x0c',
      '\\x80\\x07\\0\\x10',
      '\\x80\\xfb\\0\\0',
      '\\x80\\xfc\\0\\x10',
    ],
    ...['\\0\\0', '\\xff\\xff', '\\0', '\\x80\\x01', '\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
  ],
  seeds: [
    writePieces(0, base(), base(), base()),
    writePieces(1, base('\x80\x01\0\x02ab'), base('\x80\x04\0\x04\xb8\0\0\0')),
    writePieces(1, base(`\x80\x05\0\x0c${'\0'.repeat(12)}\x80\x07\0\x10${'\0'.repeat(16)}`)),
    writePieces(3, base(`\x80\x07\0\x10${'\0'.repeat(16)}`), base(`\x80\x07\0\x10${'\0'.repeat(16)}`)),
    writePieces(3, base(`\x80\xfc\0\x20${'\x07'.repeat(32)}`), base(`\x80\xfc\0\x10${'\x07'.repeat(16)}`)),
    writePieces(3, base('\x80\xfc\0\x02ab'), base('\x80\xfc\0\x20ab')),
    writePieces(2, base('\x80\xfb\0\x03abc\x80\x01\0\x09'), 'short', base('\x80')),
  ],

  attempt(input) {
    const { setting, pieces } = readPieces(input);
    const reflector = reflectorOf();
    const outcomes = new Set<string>();
    const sessions = new Set<number>();
    for (const [index, { bytes, afterGap }] of pieces.entries()) {
      const request = Buffer.from(bytes);
      const header = headerOf(setting, afterGap);
      const reply = reflector.reply(request, header, NOW);
      if (afterGap) reflector.sent(NOW);
      const isRequest = bytes.length >= BASE_BYTES && bytes[MULTIPLIER] !== 0;
      promise(
        (reply !== undefined) === isRequest,
        () => `datagram ${index}: answered is ${reply !== undefined}`,
      );
      if (!reply) {
        outcomes.add('none');
        continue;
      }
      promise(reply.length === bytes.length, () => `${bytes.length} bytes got ${reply.length}`);
      promise(reply.subarray(24, 38).equals(bytes.subarray(0, 14)), () => 'the copy of the request differs');
      const session = bytes.readUInt16BE(14) * 2 + Number(afterGap);
      if (sessions.size < MAX_SESSIONS) sessions.add(session);
      const isStateful = sessions.has(session);
      const isRepeated = reply.readUInt32BE(0) === bytes.readUInt32BE(0);
      promise(isStateful || isRepeated, () => 'a reply without a state has a sequence number of its own');
      outcomes.add(flagsOf(bytes, reply, isStateful, !Number.isNaN(header.trafficClass)));
    }
    return [...outcomes].sort().join(' ');
  },
};

function reflectorOf(): StampReflector {
  const block = new CounterBlock(new SharedArrayBuffer(COUNTERS_BYTES));
  const counters = {
    replies: block.countersBy('mode', stampModes, 'replies', 'Replies.', {}),
    sessions: block.gauge('sessions', 'Sessions.'),
  };
  return new StampReflector(
    { stampMaxSessions: MAX_SESSIONS, stampSessionTimeout: 0, responder: NAMES[0] },
    counters,
  );
}

/** With the header of the engine that knows it, or of the other one; of one of two flows. */
function headerOf(setting: number, isOther: boolean): RequestHeader {
  const known = setting % 2 === 1;
  return {
    ...NOW,
    ttl: known ? setting : Number.NaN,
    trafficClass: known ? setting : Number.NaN,
    flow: Int32Array.of(Number(isOther)),
    replyTrafficClass: Number.NaN,
  };
}

/** A second implementation of the flags, by the lengths alone. @returns them, of each TLV */
function flagsOf(request: Buffer, reply: Buffer, isStateful: boolean, hasClass: boolean): string {
  const all: number[] = [];
  for (let at = BASE_BYTES; at < request.length; ) {
    const type = request[at + 1] ?? 0;
    const length = (request[at + 2] ?? 0) * 256 + (request[at + 3] ?? 0);
    const end = at + 4 + length;
    const isUnderstood = LENGTHS.has(type) && (type !== 4 || hasClass) && (type !== 5 || isStateful);
    const wanted = LENGTHS.get(type) ?? length;
    const told = type === RESPONDER ? NAMES.find((names) => names.length <= length) : undefined;
    const isWrong =
      end > request.length ||
      (isUnderstood && length !== wanted) ||
      (type === RESPONDER && told === undefined);
    const flags = (isUnderstood ? 0 : FLAGS.unrecognized) | (isWrong ? FLAGS.malformed : 0);
    promise(reply[at] === flags, () => `TLV ${type} at ${at} has flags ${reply[at]}, not ${flags}`);
    const isKept = !isUnderstood || isWrong || type === 1;
    const last = Math.min(end, request.length);
    promise(
      !isKept || reply.subarray(at + 1, last).equals(request.subarray(at + 1, last)),
      () => `TLV ${type} at ${at} was changed`,
    );
    promise(
      isWrong || !told || reply.toString('latin1', at + 4, end) === told.padEnd(length, '\0'),
      () => `TLV ${type} at ${at} tells another name`,
    );
    all.push(flags + (isUnderstood ? type : 0));
    at = end;
  }
  return `[${all.slice(0, 4).join()}]`;
}
