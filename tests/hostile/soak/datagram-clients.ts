import { type FormatName, formats } from '@echo-daytime/daytime-format';
import { UdpClient } from '../../harness/udp-client.ts';
import type { CountedListener } from './accounting.ts';
import { IntegrityError } from './conversation.ts';
import { expectNow } from './daytime-clients.ts';
import type { Load } from './load.ts';

const MAX_BYTES = 65_507;
/** Sizes that break most easily: 0, 1, and those around an Ethernet frame and the longest datagram. Bytes. */
const EDGES = [0, 1, 1_472, 1_473, MAX_BYTES - 1, MAX_BYTES];
const MOST_ASKED = 50;

/** Sends requests one after the other from one socket, then closes it; the next turn has another source port. */
export async function echoes(load: Load, to: CountedListener): Promise<void> {
  await asking(load, to, async (ask) => {
    const edge = load.random.below(3) === 0;
    const request = load.bytes(edge ? load.random.pick(EDGES) : load.random.below(MAX_BYTES + 1));
    const answer = await ask(request);
    if (!answer.equals(request)) {
      throw new IntegrityError(
        `a datagram of ${request.length} bytes came back with ${answer.length}, or others`,
      );
    }
    load.findings.exchanges += 1;
  });
}

/** As `echoes`, with every format, empty requests, and bytes that name no format. */
export async function times(load: Load, to: CountedListener): Promise<void> {
  await asking(load, to, async (ask) => {
    const format: FormatName | undefined = load.random.pick([...formats, undefined]);
    const request = format === undefined ? load.bytes(load.random.below(2_000)) : Buffer.from(format);
    expectNow(load, await ask(request), format ?? 'rfc867', to);
  });
}

/**
 * Sends a datagram that must get no reply, because its source port is the service's own. A socket on another address
 * can have this port without any privilege.
 */
export async function mirrored(load: Load, to: CountedListener): Promise<void> {
  await using client = await UdpClient.open('127.0.0.2', to.port);
  const request = load.bytes(load.random.below(1_000));
  await new Promise((resolve) => client.socket.send(request, to.port, '127.0.0.1', resolve));
  received(to, request);
  to.addBy('l4_udp_datagrams_dropped_total', { reason: 'source_port' });
}

async function asking(
  load: Load,
  to: CountedListener,
  turn: (ask: (request: Buffer) => Promise<Buffer>) => Promise<void>,
): Promise<void> {
  await using client = await UdpClient.open();
  for (let left = MOST_ASKED; left > 0 && !load.isOver; left -= 1) {
    await turn(async (request) => {
      const reply = await client.ask(request, to.port);
      received(to, request);
      to.add('l4_udp_datagrams_sent_total', 1);
      to.add('l4_udp_sent_bytes_total', reply.length);
      return reply;
    });
    await load.pause(50, 200);
  }
}

/** Counts a request that the service received. */
function received(to: CountedListener, request: Buffer): void {
  to.add('l4_udp_datagrams_received_total', 1);
  to.add('l4_udp_received_bytes_total', request.length);
}
