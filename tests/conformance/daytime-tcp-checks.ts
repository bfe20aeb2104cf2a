import { expectSameSyntax } from './daytime-text.ts';
import type { Endpoint } from './target.ts';
import { type Conversation, TcpPeer } from './tcp-peer.ts';
import { Violation } from './violation.ts';

const SMALL_INPUT = Buffer.from('what time is it?\r\n');
/** More than the kernel takes for a server that does not read it. */
const LARGE_INPUT = Buffer.alloc(8 * 1024 * 1024, SMALL_INPUT);

/** What a client gets that only listens; how the connection ends is left to the clause about it. */
export async function readDaytimeTcp(endpoint: Endpoint): Promise<Buffer> {
  const { bytes } = await listen(endpoint);
  if (bytes.length === 0) throw new Violation('nothing was sent');
  return bytes;
}

export async function speaksFirst(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  await peer.receive(1);
}

export async function throwsInputAway(endpoint: Endpoint): Promise<void> {
  const unasked = await readDaytimeTcp(endpoint);
  const { bytes } = await listen(endpoint, SMALL_INPUT);
  expectSameSyntax([unasked, bytes]);
}

export async function closesAfterSending(endpoint: Endpoint): Promise<void> {
  const { bytes, ending } = await listen(endpoint);
  if (bytes.length === 0) throw new Violation('nothing was sent');
  if (ending === 'silence') throw new Violation('the server leaves the connection open');
  if (ending === 'reset') throw new Violation('the server resets the connection');
}

export async function readsWhatItThrowsAway(endpoint: Endpoint): Promise<void> {
  using peer = await TcpPeer.connect(endpoint);
  peer.send(LARGE_INPUT);
  const { bytes, ending } = await peer.receiveUntilOver();
  if (ending !== 'fin') throw new Violation(`${ending} after ${bytes.length} bytes of answer`);
  await peer.close();
}

async function listen(endpoint: Endpoint, input?: Buffer): Promise<Conversation> {
  using peer = await TcpPeer.connect(endpoint);
  if (input) peer.send(input);
  return await peer.receiveUntilOver();
}
