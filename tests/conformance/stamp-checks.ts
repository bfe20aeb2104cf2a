import { ask, BASE_BYTES, COPY, COPY_BYTES, newSession, request, tlv } from './stamp-packet.ts';
import type { Endpoint } from './target.ts';
import { overUdp, UdpPeer } from './udp-peer.ts';
import { expectSame, hex, Violation } from './violation.ts';

/** One with the extra padding of an empty value, and those of the clauses of echo. */
const SIZES_BYTES = [BASE_BYTES, BASE_BYTES + 4, 548, 1_472] as const;
const EXTRA_PADDING = 1;
const PTP = 0x4000;
/** RFC 8762, 4.3.1. */
const ERROR_ESTIMATE = 12;
const RECEIVED = 16;
const MUST_BE_ZERO = [38, 39, 41, 42, 43] as const;
const TTL = 40;
/** Less than any system's default, so that a value of the reflector's own shows. */
const SENT_TTL = 33;

export async function answersTestPackets(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, (peer) => peer.ask(request(0, newSession())));
}

export async function keepsTheLength(endpoint: Endpoint): Promise<void> {
  for (const size of SIZES_BYTES) {
    const padding = size === BASE_BYTES ? [] : [tlv(EXTRA_PADDING, Buffer.alloc(size - BASE_BYTES - 4))];
    const reply = await overUdp(endpoint, (peer) => peer.ask(request(0, newSession(), padding)));
    if (reply.length !== size) throw new Violation(`${size} bytes were sent, the reply has ${reply.length}`);
  }
}

export async function repeatsTheRequest(endpoint: Endpoint): Promise<void> {
  await repeats(endpoint, request(0xfedcba98, newSession()));
}

export async function ignoresWhatMustBeZero(endpoint: Endpoint): Promise<void> {
  await repeats(endpoint, request(1, newSession()).fill(0xff, RECEIVED));
}

/** Either mode: RFC 8762, 4.3. */
export async function countsPackets(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    using other = await UdpPeer.connect(endpoint);
    const session = newSession();
    const sequences: number[] = [];
    for (const [from, sequence] of [
      [peer, 10],
      [peer, 12],
      [other, 14],
      [peer, 16],
    ] as const) {
      sequences.push((await ask(from, request(sequence, session))).readUInt32BE(0));
    }
    const shown = sequences.join(' ');
    if (!['0 1 0 2', '10 12 14 16'].includes(shown)) {
      throw new Violation(`the sequence numbers of two sessions are ${shown}, not 0 1 0 2 nor 10 12 14 16`);
    }
  });
}

export async function tellsItsTimes(endpoint: Endpoint): Promise<void> {
  const started = performance.now();
  const reply = await replyOf(endpoint, request(0, newSession()));
  const waitedMs = performance.now() - started;
  const isPtp = (reply.readUInt16BE(ERROR_ESTIMATE) & PTP) !== 0;
  const part = isPtp ? 1e6 : 2 ** 32 / 1e3;
  const msAt = (at: number): number => reply.readUInt32BE(at) * 1e3 + reply.readUInt32BE(at + 4) / part;
  const delayMs = msAt(4) - msAt(RECEIVED);
  if (!(delayMs >= 0 && delayMs <= waitedMs)) {
    throw new Violation(
      `from its two timestamps it had the packet for ${delayMs.toFixed(3)} ms, of ${waitedMs.toFixed(3)} ms to the reply`,
    );
  }
  if (msAt(RECEIVED) === 0) throw new Violation('its timestamps are zero');
}

export async function zeroesWhatMustBeZero(endpoint: Endpoint): Promise<void> {
  const reply = await replyOf(endpoint, request(0, newSession()).fill(0xff, RECEIVED));
  for (const at of MUST_BE_ZERO) {
    if (reply[at] !== 0) throw new Violation(`byte ${at} of the reply is ${hex(reply[at])}, not zero`);
  }
}

export async function tellsTheTtl(endpoint: Endpoint): Promise<void> {
  const ttl = await overUdp(endpoint, async (peer) => {
    peer.setTtl(SENT_TTL);
    return (await ask(peer, request(0, newSession())))[TTL]!;
  });
  if (ttl < 1 || ttl > SENT_TTL)
    throw new Violation(`the packet was sent with TTL ${SENT_TTL}, the reply says ${ttl}`);
}

export async function hasAMultiplier(endpoint: Endpoint): Promise<void> {
  const reply = await replyOf(endpoint, request(0, newSession()));
  if (reply[ERROR_ESTIMATE + 1] === 0) throw new Violation('the multiplier of its error estimate is 0');
}

export async function discardsCorruptPackets(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    const session = newSession();
    const corrupt = request(1, session);
    corrupt[ERROR_ESTIMATE + 1] = 0;
    peer.send(corrupt);
    const reply = await ask(peer, request(2, session));
    if (reply.readUInt32BE(COPY) !== 2) throw new Violation('a packet with a multiplier of 0 was answered');
  });
}

async function repeats(endpoint: Endpoint, packet: Buffer): Promise<void> {
  const reply = await replyOf(endpoint, packet);
  expectSame(packet.subarray(0, COPY_BYTES), reply.subarray(COPY, COPY + COPY_BYTES));
}

function replyOf(endpoint: Endpoint, packet: Buffer): Promise<Buffer> {
  return overUdp(endpoint, (peer) => ask(peer, packet));
}
