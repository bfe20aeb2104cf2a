import { randomBytes } from 'node:crypto';
import type { Endpoint } from './target.ts';
import { TcpPeer } from './tcp-peer.ts';
import { expectSame, Violation } from './violation.ts';

export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** More than the buffers on the way hold, so that a server has to read and write at once. */
const LARGE_BYTES = 1024 * 1024;
/** More than the kernels of both ends hold unread. */
const UNREAD_BYTES = 8 * 1024 * 1024;

/** What ends a conversation with many a text service, or stands for an interrupt: to echo it is data. */
const innocentFarewells = ['\x04', '\x03', '\x1b', 'quit\r\n', '.\r\n', '\r\n', '\0', '\xff\xf4\xff\xfd\x06'];

export async function acceptsConnections(endpoint: Endpoint): Promise<void> {
  using _peer = await TcpPeer.connect(endpoint);
}

export async function returnsEveryByteValue(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  peer.send(everyByte);
  expectSame(everyByte, await peer.receive(everyByte.length));
}

export async function returnsOneByte(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  const byte = Buffer.from('x');
  peer.send(byte);
  expectSame(byte, await peer.receive(1));
}

export async function returnsLargeAmounts(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  const sent = randomBytes(LARGE_BYTES);
  peer.send(sent);
  expectSame(sent, await peer.receive(sent.length));
}

export async function addsNothing(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  const sent = Buffer.from('one line\r\nand half a');
  peer.send(sent);
  expectSame(sent, await peer.receive(sent.length));
  peer.finish();
  const { bytes } = await peer.receiveUntilOver();
  if (bytes.length > 0) throw new Violation(`${bytes.length} bytes came that were never sent`);
}

export async function goesOnUntilTheUserEnds(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  for (const text of [...innocentFarewells, 'still there?']) {
    const sent = Buffer.from(text, 'latin1');
    peer.send(sent);
    expectSame(sent, await peer.receive(sent.length));
  }
}

export async function returnsAllThatCameBeforeTheEnd(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  const sent = randomBytes(UNREAD_BYTES);
  await peer.finishUnread(sent);
  expectSame(sent, await peer.receive(sent.length));
}

export async function endsWhenTheUserEnds(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  peer.send(Buffer.from('x'));
  await peer.receive(1);
  peer.finish();
  const { ending } = await peer.receiveUntilOver();
  if (ending === 'silence') throw new Violation('the server leaves the connection open');
  if (ending === 'reset') throw new Violation('the server resets the connection');
}

export async function answersTheSenderOverTcp(endpoint: Endpoint): Promise<void> {
  using first = await TcpPeer.connect(endpoint);
  using second = await TcpPeer.connect(endpoint);
  const conversation = [
    { peer: first, text: 'from the first' },
    { peer: second, text: 'from the other' },
    { peer: first, text: 'the first again' },
  ];
  for (const { peer, text } of conversation) peer.send(Buffer.from(text));
  for (const { peer, text } of conversation) expectSame(Buffer.from(text), await peer.receive(text.length));
}
