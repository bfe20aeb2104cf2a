import { expect } from 'vitest';
import type { Outgoing } from '../../src/commands/send/outgoing.ts';
import { type SendContext, type SendOptions, type SendResult, send } from '../../src/commands/send/run.ts';
import { DgramUdp } from '../../src/net/dgram-udp.ts';
import type { FailureKind } from '../../src/net/failure.ts';
import { systemClock } from '../../src/sampling/clock.ts';

const HELLO: Outgoing = { kind: 'data', bytes: Buffer.from('hello\n') };
/** A timeout that never expires in a test, even on a busy machine. */
export const LONG_MS = 15_000;

export const base: Omit<SendOptions, 'port'> = {
  host: '127.0.0.1',
  protocol: 'tcp',
  outgoing: HELLO,
  keepOpen: false,
  dialTimeoutMs: LONG_MS,
  readTimeoutMs: LONG_MS,
  writeTimeoutMs: LONG_MS,
};

export const context: SendContext = {
  clock: systemClock,
  udp: new DgramUdp('UDP_ENGINE=dgram'),
  signal: new AbortController().signal,
  connected() {},
  began() {},
  receive: () => undefined,
};

export function sendTo(port: number, options: Partial<SendOptions> = {}): Promise<SendResult> {
  return send({ ...base, port, ...options }, context);
}

export function expectFailure(result: SendResult, kind: FailureKind, detail: RegExp): void {
  expect(result.failure?.detail).toMatch(detail);
  expect(result.failure?.kind).toBe(kind);
  expect(result.failure?.next.length).toBeGreaterThan(40);
}
