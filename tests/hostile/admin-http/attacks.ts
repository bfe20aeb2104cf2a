import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import type { Random } from '../../harness/random.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { leaks } from '../leaks.ts';
import { promise } from '../scenario.ts';
import { checkAnswer, checkTellsNothing } from './answer.ts';
import { withoutDesign } from './disclosed-by-design.ts';
import { CLOSE, HOST } from './requests.ts';

/** More than the connection limit of the admin listener, and more event streams than the probe serves. */
const CONNECTIONS = 1_100;
const STREAMS = 110;
const MOST = { connections: 1_000, streams: 100 };
const PIPELINED = 1_000;
const BODY_BYTES = 64 * 1024 ** 2;
/** A stream begins with the status and the samples, each followed by an empty line. */
const FIRST_EVENTS = /^data: .*"targets":.*\n\n.*^data: .*\n\n/ms;
const REFUSAL = /^\{.*\}$/m;

/** All bytes received until the connection ends. */
export async function answerTo(port: number, bytes: string | Buffer): Promise<string> {
  using client = await TcpClient.connect(port);
  client.socket.end(bytes, 'latin1');
  return (await client.takeAll()).toString('latin1');
}

/** Takes all connections of a port for a while. A client of the data plane shows meanwhile whether this affects it. */
export async function fillPort(port: number, staysMs: number): Promise<void> {
  const clients = Array.from({ length: CONNECTIONS }, () => new TcpClient(port));
  try {
    let ended = 0;
    for (const client of clients) void client.ended.then(() => (ended += 1));
    const refused = CONNECTIONS - MOST.connections;
    const shown = (): string => `${ended} of ${CONNECTIONS} connections were ended, ${refused} should be`;
    await eventually(() => promise(ended >= refused, shown));
    await delay(staysMs);
    promise(ended <= refused + 5, shown);
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
}

/** Pipelines a thousand requests in one write. @throws Error when a response is missing or out of order */
export async function pipeline(port: number): Promise<void> {
  const requests = Array.from({ length: PIPELINED }, (_, index) => {
    return `GET /nowhere/${index} HTTP/1.1\r\n${HOST}${index === PIPELINED - 1 ? CLOSE : ''}\r\n`;
  });
  const whole = await answerTo(port, requests.join(''));
  checkTellsNothing(whole, requests[0]!);
  const answers = whole.match(/\/nowhere\/\d+/g) ?? [];
  const inOrder = answers.every((answer, index) => answer === `/nowhere/${index}`);
  promise(
    answers.length === PIPELINED && inOrder,
    () => `${answers.length} answers to ${PIPELINED} requests`,
  );
}

/** @throws Error when too many streams are served, a refusal is malformed, or a response discloses too much */
export async function openStreams(port: number): Promise<void> {
  const request = `GET /api/events HTTP/1.1\r\n${HOST}\r\n`;
  using clients = new DisposableStack();
  for (let index = 0; index < STREAMS; index += 1) {
    const client = clients.use(await TcpClient.connect(port));
    client.socket.write(request);
    const isServed = index < MOST.streams;
    let answer = '';
    for (let more = '-'; more !== '' && !(isServed ? FIRST_EVENTS : REFUSAL).test(answer); answer += more)
      more = (await client.take(1)).toString('latin1');
    checkAnswer(answer, request, isServed ? 200 : 503);
  }
}

/** Sends a whole body before it reads: the response must not be lost by a reset for the unread rest. */
export async function sendAllFirst(port: number, path: string, type: string, status: number): Promise<void> {
  const head = `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: ${type}\r\nContent-Length: ${BODY_BYTES}\r\n${CLOSE}\r\n`;
  using client = await TcpClient.connect(port, { reading: false });
  client.socket.write(head);
  client.socket.end(Buffer.alloc(BODY_BYTES, ' '));
  await once(client.socket, 'finish');
  client.socket.resume();
  checkAnswer((await client.takeAll()).toString('latin1'), head, status);
}

export async function tunnel(port: number): Promise<void> {
  const answer = await answerTo(port, `CONNECT 127.0.0.1:7007 HTTP/1.1\r\n${HOST}\r\n`);
  promise(answer === '', () => `answered ${answer}`);
}

const WORDS = [
  'GET ',
  'POST /livez',
  '/metrics',
  ' HTTP/1.1\r\n',
  HOST,
  '\r\n\r\n',
  'Content-Length: 9\r\n',
  'x: ',
];
const ANSWERS = /^(?:HTTP\/1\.1 (?:200|400|404|413|415|431) |$)/;
/** Error messages that repeat the request; they are ignored here. */
const REPEATED = /"nothing at (?:[^"\\]|\\.)*"/g;

/** Sends random bytes with some words of HTTP, and ends the connections in every way. */
export async function sendNoise(port: number, clients: number, random: Random): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const pieces = Array.from({ length: 1 + random.below(8) }, () =>
        random.below(2) === 0 ? Buffer.from(random.pick(WORDS)) : random.bytes(1 + random.below(200)),
      );
      const leaves = random.pick(['end', 'resetAndDestroy', 'destroy'] as const);
      using client = await TcpClient.connect(port);
      client.socket.write(Buffer.concat(pieces));
      client.socket[leaves]();
      // The server waits for the rest of an incomplete request until the FIN.
      await client.ended;
      const answer = (await client.takeAll()).toString('latin1');
      promise(ANSWERS.test(answer), () => `answered ${answer}`);
      const found = leaks(withoutDesign(answer.replace(REPEATED, ''), '/metrics'));
      promise(found.length === 0, () => `discloses ${found.join(', ')}`);
    }),
  );
}

/** A connection that is still open after this time never ends. Milliseconds. */
const OVER_MS = 200_000;
/**
 * The promised timeout of a whole request, plus a second until the listener checks it
 * (`connectionsCheckingInterval`), plus a margin for a busy machine. Seconds.
 */
const MAX_HELD_S = 15 + 1 + 3;
const DRIP_MS = 500;
const GET = `GET /livez HTTP/1.1\r\n${HOST}`;
const PUT = `PUT /faults/echo-tcp HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const UNASKED = `POST /livez HTTP/1.1\r\n${HOST}Content-Type: text/html\r\nContent-Length: 9999\r\n\r\n`;
/** Status for a request that took too long. */
const TIMED_OUT = 408;

/** Ways to hold a connection with few bytes: bytes sent at once, bytes sent repeatedly, expected status. */
const SLOW: readonly (readonly [kind: string, start: string, drip: string, status: number])[] = [
  ['silence', '', '', TIMED_OUT],
  ['half a header', `${GET}Ho`, '', TIMED_OUT],
  ['a header that never ends', GET, 'X: y\r\n', TIMED_OUT],
  ['one letter at a time', `${GET}X: `, 'x', TIMED_OUT],
  ['a body that never comes', `${PUT}Content-Length: 9\r\n\r\n`, '', TIMED_OUT],
  ['a body that never ends', `${PUT}Content-Length: 9999\r\n\r\n`, 'x', TIMED_OUT],
  ['chunks that never end', `${PUT}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n', TIMED_OUT],
  // This response does not wait for the end of the request.
  ['a body without end that no route takes', UNASKED, 'x', 404],
];
export const slowKinds = SLOW.length;

/**
 * Holds `count` connections of each kind until the server ends them.
 *
 * @param isTimed whether to check the 15 s; beside other tests the time depends on them
 * @returns the longest time in seconds, and a sentence for each broken promise
 */
export async function holdSlowly(
  port: number,
  count: number,
  isTimed: boolean,
): Promise<{ readonly longest: number; readonly broken: readonly string[] }> {
  const broken: string[] = [];
  const all = SLOW.flatMap((kind) => Array.from({ length: count }, () => kind));
  const held = all.map(async ([kind, start, drip, status]) => {
    const startedAt = performance.now();
    using client = await TcpClient.connect(port);
    client.socket.write(start);
    const dripping = setInterval(
      () => drip !== '' && client.socket.writable && client.socket.write(drip),
      DRIP_MS,
    );
    const over = new AbortController();
    const late = delay(OVER_MS, 'late', { signal: over.signal }).catch(() => 'late');
    const ended = await Promise.race([client.ended, late]);
    over.abort();
    clearInterval(dripping);
    const seconds = (performance.now() - startedAt) / 1_000;
    try {
      promise(ended !== 'late', () => 'the connection is still open');
      const answer = (await client.takeAll()).toString('latin1');
      // What is sent to a closed connection is answered by RST, which discards an answer that was not read yet.
      const isDiscarded = answer === '' && drip !== '' && ended === 'ECONNRESET';
      if (!isDiscarded) checkAnswer(answer, start, status);
      promise(
        !isTimed || seconds <= MAX_HELD_S,
        () => `held for ${seconds.toFixed(1)} s, ${MAX_HELD_S} s at most`,
      );
    } catch (error) {
      broken.push(`slow, ${kind}: ${(error as Error).message}`);
    }
    return seconds;
  });
  return { longest: Math.max(...(await Promise.all(held))), broken };
}
