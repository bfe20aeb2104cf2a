import { once } from 'node:events';
import { connect } from 'node:net';
import { IntegrityError, REPLY_TIMEOUT_MS } from './conversation.ts';
import type { Load } from './load.ts';

/** Reads the event stream of the status page for a while, and closes. */
export async function streamReader(load: Load, probeUrl: string): Promise<void> {
  const gone = new AbortController();
  const response = await fetch(`${probeUrl}/api/events`, {
    headers: { connection: 'close' },
    signal: AbortSignal.any([gone.signal, AbortSignal.timeout(REPLY_TIMEOUT_MS)]),
  });
  let left = 2 + load.random.below(30);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) check(load, event);
    left -= events.length;
    if (left <= 0 || load.isOver) break;
  }
  gone.abort();
}

/** Sends valid or hostile requests to an admin port. */
export async function adminVisitor(load: Load, url: string): Promise<void> {
  if (load.random.below(3) > 0) {
    const path = load.random.pick([
      '/livez',
      '/readyz',
      '/readyz?verbose',
      '/version',
      '/metrics',
      '/nowhere',
    ]);
    const answer = await fetch(url + path, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    if (answer.status !== (path === '/nowhere' ? 404 : 200)) {
      throw new Error(`${path} was answered with ${answer.status}`);
    }
    load.findings.exchanges += 1;
    return;
  }
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  // This client does not check the response to hostile bytes, only that the service goes on.
  socket.on('error', () => {});
  socket.resume();
  socket.end(load.bytes(1 + load.random.below(10_000)));
  await once(socket, 'close', { signal: AbortSignal.timeout(REPLY_TIMEOUT_MS) });
}

function check(load: Load, event: string): void {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
  if (name === undefined || data === undefined) return;
  try {
    JSON.parse(data);
  } catch (error) {
    throw new IntegrityError(`an event ${name} is no JSON: ${data.slice(0, 100)}`, { cause: error });
  }
  load.findings.exchanges += 1;
}
