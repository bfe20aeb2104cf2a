import { BASE_BYTES, readReply, readTlvs, type Tlv, writeRequest, writeTlv } from '@echo-daytime/stamp';
import { expect } from 'vitest';
import { freePort } from '../../../tests/harness/free-port.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import type { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openEcho } from '../src/worker.ts';

export type WrittenTlv = readonly [type: number, value: Uint8Array];

/** A request with these TLVs behind it. */
export function request(sequence: number, sessionId = 0, tlvs: readonly WrittenTlv[] = []): Buffer {
  const bytes = Buffer.alloc(BASE_BYTES + tlvs.reduce((sum, [, { length }]) => sum + 4 + length, 0));
  const sentAt = { seconds: 1_700_000_000 + sequence, nanoseconds: 5 };
  writeRequest(bytes, { sequence, sentAt, errorEstimate: 0x8001, sessionId });
  let at = BASE_BYTES;
  for (const [type, value] of tlvs) at = writeTlv(bytes, at, type, value);
  return bytes;
}

/** The reflector alone, in a data plane of this process. */
export class LocalReflector implements AsyncDisposable {
  readonly #echo: LocalDataPlane;
  readonly port: number;

  static async open(env: Readonly<Record<string, string>>): Promise<LocalReflector> {
    const off = { TCP: 'off', UDP: 'off', RATE_PER_SOURCE: '0' };
    const STAMP_PORT = String(await freePort());
    return new LocalReflector(await LocalDataPlane.open(openEcho, keys, { ...off, STAMP_PORT, ...env }));
  }

  private constructor(echo: LocalDataPlane) {
    this.#echo = echo;
    this.port = echo.portOf('stamp-udp');
  }

  get counters() {
    return this.#echo.counters(listeners)['stamp-udp'];
  }

  /** The TLVs of the reply to a request. */
  async tlvs(client: UdpClient, tlvs: readonly WrittenTlv[]): Promise<readonly Tlv[]> {
    return readTlvs(await client.ask(request(1, 0, tlvs), this.port));
  }

  async ask(client: UdpClient, bytes: Uint8Array, host?: string) {
    const reply = await client.ask(bytes, this.port, host);
    expect(reply.length).toBe(bytes.length);
    const read = readReply(reply);
    if (!read) throw new Error('the reply is too short');
    return read;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#echo[Symbol.asyncDispose]();
  }
}
