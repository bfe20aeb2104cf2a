import type { Clock, HeaderProtocol, RequestHeader } from '@echo-daytime/sockets';
import {
  BASE_BYTES,
  type Instant,
  isMalformed,
  type Reflection,
  reflect,
  sessionIdOf,
  UNKNOWN_CLOCK,
} from '@echo-daytime/stamp';
import type { Counter } from '@echo-daytime/worker';
import type { EchoConfig } from '../config.ts';
import { ReflectedTlvs } from './reflected-tlvs.ts';
import { SessionTable } from './session-table.ts';

/** Whether a reply has a sequence number of the reflector's own, or that of the request. */
export const stampModes = ['stateful', 'stateless'] as const;

export interface StampCounters {
  readonly replies: Readonly<Record<(typeof stampModes)[number], Counter>>;
  readonly sessions: Counter;
}

export interface StampOptions extends Pick<EchoConfig, 'stampMaxSessions' | 'stampSessionTimeout'> {
  /** Who answers, for senders that ask; undefined is not told. */
  readonly responder?: string | undefined;
}

/** RFC 5357, 4.2, of a reflector that can't know the TTL. RFC 8762 has no rule for it. */
const UNKNOWN_TTL = 255;
/** At least as many replies as an engine makes before it sends them. */
const MAX_UNSENT = 64;

/** A Session-Reflector in unauthenticated mode (RFC 8762, 4.3): a reply is as long as its request and made in its place. */
export class StampReflector implements HeaderProtocol {
  readonly #sessions: SessionTable;
  readonly #tlvs: ReflectedTlvs;
  readonly #counters: StampCounters;
  readonly #reflection = {
    sequence: undefined as number | undefined,
    errorEstimate: UNKNOWN_CLOCK,
    receivedAt: undefined as Instant | undefined,
    sentAt: undefined as Instant | undefined,
    ttl: UNKNOWN_TTL,
  };
  /** Sessions of the replies that the engine has not sent yet. */
  readonly #unsent = new Int32Array(MAX_UNSENT);
  #unsentCount = 0;

  constructor(options: StampOptions, counters: StampCounters) {
    this.#sessions = new SessionTable(options.stampMaxSessions, options.stampSessionTimeout);
    this.#tlvs = new ReflectedTlvs(this.#sessions, options.responder);
    this.#counters = counters;
    // A worker that died may have left another number.
    counters.sessions.set(0);
  }

  reply(request: Buffer, header: RequestHeader, clock: Clock): Buffer | undefined {
    if (isMalformed(request)) return undefined;
    const sessions = this.#sessions;
    const session = sessions.find(header.flow, sessionIdOf(request), performance.now());
    if (request.length > BASE_BYTES) this.#tlvs.fillIn(request, header, session);
    const reflection = this.#reflection;
    if (session < 0) {
      reflection.sequence = undefined;
      this.#counters.replies.stateless.increment();
    } else {
      reflection.sequence = sessions.sequences[session]!;
      sessions.sequences[session] = reflection.sequence + 1;
      if (this.#unsentCount < MAX_UNSENT) this.#unsent[this.#unsentCount++] = session;
      this.#counters.replies.stateful.increment();
    }
    this.#counters.sessions.set(sessions.size);
    clock.read();
    reflection.receivedAt = header;
    reflection.sentAt = clock;
    reflection.ttl = Number.isNaN(header.ttl) ? UNKNOWN_TTL : header.ttl;
    reflect(request, reflection as Reflection);
    return request;
  }

  sent(clock: Clock): void {
    if (this.#unsentCount === 0) return;
    clock.read();
    const { lastNanoseconds, lastSeconds, lastSequences, sequences } = this.#sessions;
    for (let index = 0; index < this.#unsentCount; index += 1) {
      const session = this.#unsent[index]!;
      lastSequences[session] = sequences[session]! - 1;
      lastSeconds[session] = clock.seconds;
      lastNanoseconds[session] = clock.nanoseconds;
    }
    this.#unsentCount = 0;
  }
}
