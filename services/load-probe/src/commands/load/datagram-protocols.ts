import { daytimeRequest, judgeDaytime } from '../../payload/daytime-line.ts';
import { decodePayload, judgeEcho, PayloadSlot } from '../../payload/payload.ts';
import type { DatagramProtocol } from './udp-flow.ts';

/** RFC 862 over UDP. The payload tells which request an answer belongs to. */
export function echoDatagrams({
  pipeline,
  sizeBytes,
  run,
}: {
  readonly pipeline: number;
  readonly sizeBytes: number;
  readonly run: number;
}): DatagramProtocol {
  const slots = Array.from({ length: pipeline }, () => new PayloadSlot(Buffer.alloc(sizeBytes), run));
  return {
    hasIdentity: true,
    request(place, sequence, sentAt) {
      const slot = slots[place]!;
      slot.stamp(sequence, sentAt);
      return slot.bytes;
    },
    isAnswer: (reply, place) => reply.equals(slots[place]!.bytes),
    judge(reply, place) {
      // Whole and of this run: a second answer, or one that came after the timeout.
      return decodePayload(reply)?.run === run ? 'unexpected' : judgeEcho(reply, slots[place]!.bytes);
    },
  };
}

/** RFC 867 over UDP. One line is like another, so a flow may have one request under way only. */
export const daytimeDatagrams: DatagramProtocol = {
  hasIdentity: false,
  request: () => daytimeRequest,
  isAnswer: (reply) => judgeDaytime(reply).outcome === 'ok',
  judge: judgeDaytime,
};
