import { lineOf } from '../../payload/daytime-line.ts';
import { encodePayload } from '../../payload/payload.ts';
import { answerBytes } from '../../payload/session-answer.ts';
import type { Protocol } from '../../targets/protocol.ts';

/** The protocols in which a flow can be asked more than once. */
export const idleProtocols = ['echo-tcp', 'echo-udp', 'session-tcp'] as const satisfies readonly Protocol[];

export type IdleProtocol = (typeof idleProtocols)[number];

export interface Question {
  readonly request: Buffer;
  /**
   * Whether these bytes are the whole answer.
   *
   * @returns undefined when more has to come
   */
  isAnswer(bytes: Buffer): boolean | undefined;
}

const PAYLOAD_BYTES = 64;

/** A question that no other has the answer to. */
export function questionOf(protocol: IdleProtocol, run: number, sequence: number): Question {
  if (protocol === 'session-tcp') {
    return {
      request: Buffer.from('timestamp\n'),
      isAnswer: (bytes) => (answerBytes(bytes) === undefined ? undefined : /^\d+$/.test(lineOf(bytes))),
    };
  }
  const request = encodePayload({ run, sequence, sentAt: Date.now() }, PAYLOAD_BYTES);
  return {
    request,
    isAnswer(bytes) {
      if (bytes.length < request.length && request.subarray(0, bytes.length).equals(bytes)) return undefined;
      return bytes.equals(request);
    },
  };
}
