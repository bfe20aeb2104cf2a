import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { promise } from '../fuzz/fuzzed-parser.ts';
import { checkAnswer, checkTellsNothing } from './check-answer.ts';

/** More than the admin listener takes at a time, and more event streams than the probe serves. */
const CONNECTIONS = 1_100;
const STREAMS = 110;
const MOST = { connections: 1_000, streams: 100 };
const PIPELINED = 1_000;
/** A stream begins with the status and the samples, each with an empty line after it. */
const FIRST_EVENTS = /^data: .*"targets":.*\n\n.*^data: .*\n\n/ms;
const REFUSAL = /^\{.*\}$/m;
/** How long it may take to refuse what is too much, on a busy machine. Milliseconds. */
const REFUSED_MS = 15_000;

/**
 * Fills the admin port, and stays for a while: what it does to the data plane is for a client there to tell.
 *
 * @param staysMs milliseconds
 * @throws Error when a promise is broken
 */
export async function crowdIn(service: ServiceProcess, staysMs: number): Promise<void> {
  const port = Number(new URL(service.adminUrl).port);
  const clients = Array.from({ length: CONNECTIONS }, () => new TcpClient(port));
  try {
    let ended = 0;
    const refused = CONNECTIONS - MOST.connections;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    for (const client of clients) {
      void client.ended.then(() => {
        ended += 1;
        if (ended === refused) resolve();
      });
    }
    const deadline = new AbortController();
    const late = delay(REFUSED_MS, 'late', { signal: deadline.signal }).catch(() => 'late');
    const outcome = await Promise.race([enough, late]);
    deadline.abort();
    promise(
      outcome !== 'late',
      () => `${ended} of ${CONNECTIONS} connections were ended, ${refused} should be`,
    );
    await delay(staysMs);
    promise(ended <= refused + 5, () => `${ended} of ${CONNECTIONS} were ended, ${refused} should be`);
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
}

/** Asks a thousand times in one write. @throws Error when an answer is missing or out of order */
export async function pipeline(port: number): Promise<void> {
  using client = await TcpClient.connect(port);
  const requests = Array.from({ length: PIPELINED }, (_, index) => {
    const last = index === PIPELINED - 1 ? 'Connection: close\r\n' : '';
    return `GET /nowhere/${index} HTTP/1.1\r\nHost: x\r\n${last}\r\n`;
  });
  client.socket.write(requests.join(''));
  const whole = (await client.takeAll()).toString('latin1');
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
  const request = 'GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n';
  const clients: TcpClient[] = [];
  try {
    for (let index = 0; index < STREAMS; index += 1) {
      const client = await TcpClient.connect(port);
      clients.push(client);
      client.socket.write(request);
      const served = index < MOST.streams;
      const answer = await takeUntil(client, served ? FIRST_EVENTS : REFUSAL);
      checkAnswer(answer, request, served ? 200 : 503);
    }
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
}

/** What is received until that ends it, or until the connection is over. */
async function takeUntil(client: TcpClient, end: RegExp): Promise<string> {
  let text = '';
  while (!end.test(text)) {
    const more = await client.take(1);
    if (more.length === 0) break;
    text += more.toString('latin1');
  }
  return text;
}
