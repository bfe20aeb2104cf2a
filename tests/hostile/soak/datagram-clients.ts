import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type FormatName, formats } from '@echo-daytime/daytime-format';
import type { ListenerBooks } from './accounting.ts';
import { IntegrityError, PATIENCE_MS } from './conversation.ts';
import { expectNow } from './daytime-clients.ts';
import type { Load } from './load.ts';

const MOST_BYTES = 65_507;
/** What is likeliest to break: nothing, one byte, and the sizes around an Ethernet frame and a datagram. Bytes. */
const EDGES = [0, 1, 1_472, 1_473, MOST_BYTES - 1, MOST_BYTES];
const MOST_ASKED = 50;

/** A socket that asks one thing after the other, then makes place for another with a port of its own. */
export async function echoes(load: Load, port: number, books: ListenerBooks): Promise<void> {
  await asking(load, port, books, async (ask) => {
    const edge = load.random.below(3) === 0;
    const request = load.bytes(edge ? load.random.pick(EDGES) : load.random.below(MOST_BYTES + 1));
    const answer = await ask(request);
    if (!answer.equals(request)) {
      throw new IntegrityError(
        `a datagram of ${request.length} bytes came back with ${answer.length}, or others`,
      );
    }
    load.findings.exchanges += 1;
  });
}

/** As `echoes`: every format, nothing at all, and bytes that name no format. */
export async function times(load: Load, port: number, books: ListenerBooks): Promise<void> {
  await asking(load, port, books, async (ask) => {
    const format: FormatName | undefined = load.random.pick([...formats, undefined]);
    const request = format === undefined ? load.bytes(load.random.below(2_000)) : Buffer.from(format);
    expectNow(load, await ask(request), format ?? 'rfc867', books);
  });
}

/**
 * One datagram that must not be answered, as its answer would go to the service's own port. An address that the
 * service does not listen on makes such a source without any privilege.
 */
export async function mirrored(load: Load, port: number, books: ListenerBooks): Promise<void> {
  await using client = await open(port, '127.0.0.2');
  await client.send(load.bytes(load.random.below(1_000)), port, books);
  books.addBy('l4_udp_datagrams_dropped_total', { reason: 'source_port' });
}

async function asking(
  load: Load,
  port: number,
  books: ListenerBooks,
  turn: (ask: (request: Buffer) => Promise<Buffer>) => Promise<void>,
): Promise<void> {
  await using client = await open();
  for (let left = MOST_ASKED; left > 0 && !load.isOver; left -= 1) {
    await turn((request) => client.ask(request, port, books));
    await load.pause(50, 200);
  }
}

interface Client extends AsyncDisposable {
  send(request: Buffer, port: number, books: ListenerBooks): Promise<void>;
  ask(request: Buffer, port: number, books: ListenerBooks): Promise<Buffer>;
}

async function open(port = 0, address = '127.0.0.1'): Promise<Client> {
  const socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  const send = async (request: Buffer, to: number, books: ListenerBooks): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.send(request, to, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    await promise;
    books.add('l4_udp_datagrams_received_total', 1);
    books.add('l4_udp_received_bytes_total', request.length);
  };
  return {
    send,
    async ask(request, to, books) {
      const answer = nextMessage(socket);
      // One that fails while the request is still being sent is told below.
      answer.catch(() => {});
      await send(request, to, books);
      const message = await answer;
      books.add('l4_udp_datagrams_sent_total', 1);
      books.add('l4_udp_sent_bytes_total', message.length);
      return message;
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

async function nextMessage(socket: Socket): Promise<Buffer> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const [message] = (await once(socket, 'message', { signal })) as [Buffer];
    return message;
  } catch (error) {
    throw signal.aborted ? new Error(`no datagram came for ${PATIENCE_MS} ms`, { cause: error }) : error;
  }
}
