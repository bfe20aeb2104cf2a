import { lineOf } from '../../payload/daytime-line.ts';
import { encodePayload } from '../../payload/payload.ts';
import { answerBytes } from '../../payload/session-answer.ts';
import type { Protocol } from '../../targets/protocol.ts';

/** The protocols of `idle`: a flow carries more than one request, and a reply tells its request. */
export const idleProtocols = ['echo-tcp', 'echo-udp', 'session-tcp'] as const satisfies readonly Protocol[];

export type IdleProtocol = (typeof idleProtocols)[number];

export interface IdleRequest {
  readonly bytes: Buffer;
  /**
   * Whether these bytes are the complete and right reply.
   *
   * @returns undefined when more has to come
   */
  isReply(received: Buffer): boolean | undefined;
}

const PAYLOAD_BYTES = 64;

/** A request. Over echo its bytes are unique, so that its reply is too. */
export function requestOf(protocol: IdleProtocol, run: number, sequence: number): IdleRequest {
  if (protocol === 'session-tcp') {
    return {
      bytes: Buffer.from('timestamp\n'),
      isReply: (received) =>
        answerBytes(received) === undefined ? undefined : /^\d+$/.test(lineOf(received)),
    };
  }
  const bytes = encodePayload({ run, sequence, sentAt: Date.now() }, PAYLOAD_BYTES);
  return {
    bytes,
    isReply(received) {
      const isPart = received.length < bytes.length && bytes.subarray(0, received.length).equals(received);
      return isPart ? undefined : received.equals(bytes);
    },
  };
}
