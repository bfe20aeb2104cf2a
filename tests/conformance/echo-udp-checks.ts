import { randomBytes } from 'node:crypto';
import { everyByte } from './echo-tcp-checks.ts';
import type { Endpoint } from './target.ts';
import { overUdp, UdpPeer } from './udp-peer.ts';
import { expectSame, Violation } from './violation.ts';

/** One byte; what every IPv4 host must take (RFC 1122, 3.3.2); a full Ethernet frame less IP and UDP. */
const COMMON_SIZES_BYTES = [1, 548, 1472] as const;
/** What NFS long used; what fits UDP over IPv4, 65535 bytes less the headers of IP and UDP. */
const LARGE_SIZES_BYTES = [8192, 65_507] as const;

export async function answersDatagrams(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, (peer) => peer.ask(Buffer.from('anybody there?')));
}

export async function returnsEveryByteValueOverUdp(endpoint: Endpoint): Promise<void> {
  await returns(endpoint, everyByte);
}

export async function returnsCommonSizes(endpoint: Endpoint): Promise<void> {
  for (const size of COMMON_SIZES_BYTES) await returns(endpoint, randomBytes(size));
}

export async function returnsLargeSizes(endpoint: Endpoint): Promise<void> {
  for (const size of LARGE_SIZES_BYTES) await returns(endpoint, randomBytes(size));
}

export async function returnsAnEmptyDatagram(endpoint: Endpoint): Promise<void> {
  await returns(endpoint, Buffer.alloc(0));
}

/** Back to back, so that a server which merges or repeats shows it. */
export async function answersOnceEach(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    const sent = ['first', 'the second', 'and the third'].map((text) => Buffer.from(text));
    for (const datagram of sent) peer.send(datagram);
    // UDP promises no order.
    const due = new Set(sent.map((datagram) => datagram.toString('latin1')));
    for (const _ of sent) {
      const answer = (await peer.receive()).toString('latin1');
      if (!due.delete(answer)) throw new Violation(`${JSON.stringify(answer)} is not what one datagram held`);
    }
    const last = Buffer.from('the last');
    const answer = await peer.ask(last);
    if (!answer.equals(last)) throw new Violation('a datagram was answered twice');
  });
}

export async function answersTheSenderOverUdp(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (first) => {
    using second = await UdpPeer.connect(endpoint);
    const conversation = [
      { peer: first, datagram: Buffer.from('from the first') },
      { peer: second, datagram: Buffer.from('from the other') },
    ];
    for (const { peer, datagram } of conversation) peer.send(datagram);
    for (const { peer, datagram } of conversation) expectSame(datagram, await peer.receive());
  });
}

async function returns(endpoint: Endpoint, datagram: Buffer): Promise<void> {
  await overUdp(endpoint, async (peer) => expectSame(datagram, await peer.ask(datagram)));
}
