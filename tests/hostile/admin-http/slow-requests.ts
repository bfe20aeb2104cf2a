import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { TcpClient } from '../../harness/tcp-client.ts';

/** A connection that is not over by then never will be. Milliseconds. */
const OVER_MS = 40_000;
/**
 * What is promised for a whole request, then up to a second until the listener looks for those that are late
 * (`connectionsCheckingInterval`), then room for a busy machine. Seconds.
 */
export const MAX_HELD_S = 15 + 1 + 3;
const DRIP_MS = 500;
const HOST = 'Host: localhost\r\n';
const PUT = `PUT /faults/echo-tcp HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;

/** Of a request that took too long. */
const TIMED_OUT = 408;

interface SlowRequest {
  /** What is sent at once. */
  readonly start: string;
  /** What drips after it. */
  readonly drip: string;
  /** What it is answered with, where that does not wait for its end. */
  readonly refusal?: number;
}

/** Ways to hold a connection with next to nothing. */
const slow: Readonly<Record<string, SlowRequest>> = {
  silence: { start: '', drip: '' },
  'half a header': { start: 'GET /livez HTTP/1.1\r\nHo', drip: '' },
  'a header that never ends': { start: `GET /livez HTTP/1.1\r\n${HOST}`, drip: 'X: y\r\n' },
  'one letter at a time': { start: 'GET /livez HTTP/1.1\r\nHost: ', drip: 'x' },
  'a body that never comes': { start: `${PUT}Content-Length: 9\r\n\r\n`, drip: '' },
  'a body that never ends': {
    start: `${PUT}Content-Length: 9999\r\n\r\n`,
    drip: 'x',
  },
  'chunks that never end': {
    start: `${PUT}Transfer-Encoding: chunked\r\n\r\n`,
    drip: '1\r\nx\r\n',
  },
  'a body that never ends and nobody asked for': {
    start: `POST /livez HTTP/1.1\r\n${HOST}Content-Type: text/html\r\nContent-Length: 9999\r\n\r\n`,
    drip: 'x',
    refusal: 404,
  },
};

export const slowKinds: readonly string[] = Object.keys(slow);

export interface SlowEnd {
  readonly kind: string;
  /** What was answered before the connection ended; undefined when it did not end. */
  readonly answer: string | undefined;
  /** What should have been answered. */
  readonly status: number;
  /** The bytes of the request, as far as they were sent at once. */
  readonly bytes: string;
  readonly seconds: number;
}

/** Holds `count` connections of each kind until the server ends them. */
export function holdSlowly(port: number, count: number): Promise<SlowEnd[]> {
  return Promise.all(slowKinds.flatMap((kind) => Array.from({ length: count }, () => hold(port, kind))));
}

async function hold(port: number, kind: string): Promise<SlowEnd> {
  const { start, drip, refusal: status = TIMED_OUT } = slow[kind]!;
  const startedAt = performance.now();
  using client = new TcpClient(port);
  await once(client.socket, 'connect');
  client.socket.write(start);
  const over = new AbortController();
  const timer = setInterval(() => {
    if (drip !== '' && client.socket.writable) client.socket.write(drip);
  }, DRIP_MS);
  const late = delay(OVER_MS, 'late', { signal: over.signal }).catch(() => 'late');
  const ended = await Promise.race([client.ended, late]);
  over.abort();
  clearInterval(timer);
  const answer = ended === 'late' ? undefined : (await client.takeAll()).toString('latin1');
  return { kind, answer, status, bytes: start, seconds: (performance.now() - startedAt) / 1_000 };
}
