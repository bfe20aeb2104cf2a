import type { AddressMemory } from '../../net/address-memory.ts';
import { judgeDaytime } from '../../payload/daytime-line.ts';
import type { Attempt, Reading } from '../sample.ts';
import { exchangeOverUdp } from './udp-exchange.ts';

/** Any datagram asks for the time (RFC 867); some middleboxes drop empty ones. */
export const daytimeRequest = Buffer.from('\n');

/** RFC 867 over UDP: one datagram with the time. */
export function probeDaytimeUdp(attempt: Attempt, memory: AddressMemory): Promise<Reading> {
  return exchangeOverUdp(attempt, { request: daytimeRequest, judge: judgeDaytime }, memory);
}
