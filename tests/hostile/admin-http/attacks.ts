import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import type { Random } from '../../harness/random.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { leaks } from '../leaks.ts';
import { promise } from '../scenario.ts';
import { checkAnswer, checkTellsNothing } from './answer.ts';
import { CLOSE, HOST } from './requests.ts';
import { withoutDesign } from './told-by-design.ts';

/** More than the admin listener takes at a time, and more event streams than the probe serves. */
const CONNECTIONS = 1_100;
const STREAMS = 110;
const MOST = { connections: 1_000, streams: 100 };
const PIPELINED = 1_000;
const BODY_BYTES = 64 * 1024 ** 2;
/** A stream begins with the status and the samples, each with an empty line after it. */
const FIRST_EVENTS = /^data: .*"targets":.*\n\n.*^data: .*\n\n/ms;
const REFUSAL = /^\{.*\}$/m;

/** Everything that comes back until the connection is over. */
export async function answerTo(port: number, bytes: string | Buffer): Promise<string> {
  using client = await TcpClient.connect(port);
  client.socket.end(bytes, 'latin1');
  return (await client.takeAll()).toString('latin1');
}

/** Takes all connections that there are, and stays for a while: what that does to the data plane its client tells. */
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

/** Asks a thousand times in one write. @throws Error when an answer is missing or out of order */
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

/** @throws Error when more streams are served than promised, a refusal is no plain one, or one of them tells too much */
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

/** Sends all of a body before it reads: the answer must not be lost to the reset that the rest would bring. */
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
/** What a stranger called it is in none of these. */
const REPEATED = /"nothing at (?:[^"\\]|\\.)*"/g;

/** Random bytes, with some words of HTTP, and every way to leave. */
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
      // A request that is still incomplete is waited for; the FIN ends that too.
      await client.ended;
      const answer = (await client.takeAll()).toString('latin1');
      promise(ANSWERS.test(answer), () => `answered ${answer}`);
      const told = leaks(withoutDesign(answer.replace(REPEATED, ''), '/metrics'));
      promise(told.length === 0, () => `tells ${told.join(', ')}`);
    }),
  );
}

/** A connection that is not over by then never will be. Milliseconds. */
const OVER_MS = 200_000;
/**
 * What is promised for a whole request, then up to a second until the listener looks for those that are late
 * (`connectionsCheckingInterval`), then room for a busy machine. Seconds.
 */
const MAX_HELD_S = 15 + 1 + 3;
const DRIP_MS = 500;
const GET = `GET /livez HTTP/1.1\r\n${HOST}`;
const PUT = `PUT /faults/echo-tcp HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const UNASKED = `POST /livez HTTP/1.1\r\n${HOST}Content-Type: text/html\r\nContent-Length: 9999\r\n\r\n`;
/** Of a request that took too long. */
const TIMED_OUT = 408;

/** Ways to hold a connection with next to nothing: what is sent at once, what drips after it, the answer at the end. */
const SLOW: readonly (readonly [kind: string, start: string, drip: string, status: number])[] = [
  ['silence', '', '', TIMED_OUT],
  ['half a header', `${GET}Ho`, '', TIMED_OUT],
  ['a header that never ends', GET, 'X: y\r\n', TIMED_OUT],
  ['one letter at a time', `${GET}X: `, 'x', TIMED_OUT],
  ['a body that never comes', `${PUT}Content-Length: 9\r\n\r\n`, '', TIMED_OUT],
  ['a body that never ends', `${PUT}Content-Length: 9999\r\n\r\n`, 'x', TIMED_OUT],
  ['chunks that never end', `${PUT}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n', TIMED_OUT],
  // That answer does not wait for the end of the request.
  ['a body that never ends and nobody asked for', UNASKED, 'x', 404],
];
export const slowKinds = SLOW.length;

/**
 * Holds `count` connections of each kind until the server ends them.
 *
 * @param isTimed whether that may take 15 s and no longer: beside other tests it tells of them
 * @returns the longest, in seconds, and what was wrong, a sentence each
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
      checkAnswer((await client.takeAll()).toString('latin1'), start, status);
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
