import { randomInt } from 'node:crypto';
import type { AddressMemory } from '../../net/address-memory.ts';
import { daytimeRequest, judgeDaytime } from '../../payload/daytime-line.ts';
import { encodePayload, judgeEcho } from '../../payload/payload.ts';
import { encodeStamp, judgeStamp } from '../../payload/stamp-packet.ts';
import type { Attempt, Reading } from '../sample.ts';
import { toldByReflector } from '../told-by-reflector.ts';
import { exchangeOverUdp, type UdpExchange } from './udp-exchange.ts';

/** RFC 862 over UDP: the target must return the same datagram. */
export function probeEchoUdp(attempt: Attempt, memory: AddressMemory): Promise<Reading> {
  const { clock, run, sequence, target } = attempt;
  const request = encodePayload({ run, sequence, sentAt: clock.epoch() }, target.sizeBytes);
  return exchangeOverUdp(attempt, { request, judge: (reply) => judgeEcho(reply, request) }, memory);
}

/** RFC 8762: a session of one packet. */
export function probeStampUdp(attempt: Attempt, memory: AddressMemory): Promise<Reading> {
  const { clock, target } = attempt;
  const { dscp, sizeBytes } = target;
  const header = { sequence: 0, sentAt: clock.epoch(), sessionId: randomInt(1, 2 ** 16), dscp };
  const request = encodeStamp(header, sizeBytes);
  const exchange: UdpExchange = {
    request,
    judge: (reply) => judgeStamp(reply, request),
    tell: (reply, facts) => toldByReflector(reply, target, facts),
  };
  return exchangeOverUdp(attempt, exchange, memory);
}

/** RFC 867 over UDP: the target replies with one datagram that contains the time. */
export function probeDaytimeUdp(attempt: Attempt, memory: AddressMemory): Promise<Reading> {
  return exchangeOverUdp(attempt, { request: daytimeRequest, judge: judgeDaytime }, memory);
}
