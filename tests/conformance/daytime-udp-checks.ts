import { randomBytes } from 'node:crypto';
import { expectSameSyntax } from './daytime-text.ts';
import type { Endpoint } from './target.ts';
import { overUdp, type UdpPeer } from './udp-peer.ts';
import { Silence, Violation } from './violation.ts';

/** That nothing comes shows only by waiting: a second answer follows the first at once. Milliseconds. */
const SURPLUS_WINDOW_MS = 250;

export async function readDaytimeUdp(endpoint: Endpoint): Promise<Buffer> {
  return await overUdp(endpoint, (peer) => peer.ask(Buffer.from('\r\n')));
}

export async function answersADatagram(endpoint: Endpoint): Promise<void> {
  await readDaytimeUdp(endpoint);
}

export async function answersAnEmptyDatagram(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, (peer) => peer.ask(Buffer.alloc(0)));
}

export async function ignoresTheData(endpoint: Endpoint): Promise<void> {
  const requests = [
    Buffer.from('\r\n'),
    Buffer.from('what time is it?'),
    Buffer.alloc(64),
    randomBytes(1400),
  ];
  const answers: Buffer[] = [];
  for (const request of requests) answers.push(await overUdp(endpoint, (peer) => peer.ask(request)));
  expectSameSyntax(answers);
}

export async function answersOneDatagram(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    await peer.ask(Buffer.from('\r\n'));
    if (await hearsMore(peer)) throw new Violation('one datagram was answered twice');
  });
}

async function hearsMore(peer: UdpPeer): Promise<boolean> {
  try {
    await peer.receive(SURPLUS_WINDOW_MS);
    return true;
  } catch (error) {
    if (error instanceof Silence) return false;
    throw error;
  }
}
