import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../../tests/harness/service-process.ts';
import { TcpClient } from '../../tests/harness/tcp-client.ts';
import { promise } from '../fuzz/fuzzed-parser.ts';

/** More than the admin listener takes at a time, and more event streams than the probe serves. */
const CONNECTIONS = 1_100;
const STREAMS = 110;
const MOST = { connections: 1_000, streams: 100 };
const PIPELINED = 1_000;
/** How long it may take to refuse what is too much, on a busy machine. Milliseconds. */
const REFUSED_MS = 15_000;

/** @throws Error when a promise is broken */
export async function crowdIn(service: ServiceProcess): Promise<void> {
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
    using ordinary = await TcpClient.connect(service.port('echo-tcp'));
    promise(
      (await ordinary.ask('hello')) === 'hello',
      () => 'echo does not serve while the admin port is full',
    );
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
  const answers = (await client.takeAll()).toString('latin1').match(/\/nowhere\/\d+/g) ?? [];
  const inOrder = answers.every((answer, index) => answer === `/nowhere/${index}`);
  promise(
    answers.length === PIPELINED && inOrder,
    () => `${answers.length} answers to ${PIPELINED} requests`,
  );
}

/** @throws Error when more streams are served than promised, or a refusal is no plain one */
export async function openStreams(port: number): Promise<void> {
  const request = 'GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n';
  const clients: TcpClient[] = [];
  try {
    const statuses: string[] = [];
    for (let index = 0; index < STREAMS; index += 1) {
      const client = await TcpClient.connect(port);
      clients.push(client);
      statuses.push((await client.ask(request)).slice(9, 12));
    }
    const expected = statuses.map((_, index) => (index < MOST.streams ? '200' : '503'));
    promise(
      statuses.join() === expected.join(),
      () => `event streams were answered with ${statuses.join(' ')}`,
    );
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
}
