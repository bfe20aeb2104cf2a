import { daytimeRequest, judgeDaytime } from '../../payload/daytime-line.ts';
import { decodePayload, judgeEcho, PayloadSlot } from '../../payload/payload.ts';
import type { DatagramProtocol } from './udp-flow.ts';

/** RFC 862 over UDP. The payload of a reply identifies its request. */
export function echoDatagrams({
  pipeline,
  sizeBytes,
  run,
}: {
  readonly pipeline: number;
  readonly sizeBytes: number;
  readonly run: number;
}): DatagramProtocol {
  const payloads = Array.from({ length: pipeline }, () => new PayloadSlot(Buffer.alloc(sizeBytes), run));
  return {
    isReplyIdentified: true,
    request(slot, sequence, sentAt) {
      const payload = payloads[slot]!;
      payload.stamp(sequence, sentAt);
      return payload.bytes;
    },
    isAnswer: (reply, slot) => reply.equals(payloads[slot]!.bytes),
    judge(reply, slot) {
      // An intact payload of this run is a duplicate, or a reply after the timeout.
      return decodePayload(reply)?.run === run ? 'unexpected' : judgeEcho(reply, payloads[slot]!.bytes);
    },
  };
}

/** RFC 867 over UDP. A reply does not identify its request, so a flow has one request under way at a time. */
export const daytimeDatagrams: DatagramProtocol = {
  isReplyIdentified: false,
  request: () => daytimeRequest,
  isAnswer: (reply) => judgeDaytime(reply).outcome === 'ok',
  judge: judgeDaytime,
};
