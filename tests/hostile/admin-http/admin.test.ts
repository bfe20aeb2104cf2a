import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { hostileSeed, Random } from '../../harness/random.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import { leaks } from '../leaks.ts';
import { expectHealthy } from '../listeners/fleet.ts';
import { checkAnswer } from './check-answer.ts';
import { withoutDesign } from './told-by-design.ts';

let service: ServiceProcess;
let port: number;
let openFiles: number;

beforeAll(async () => {
  service = await ServiceProcess.start('echo', { LOG_LEVEL: 'info' });
  port = Number(new URL(service.adminUrl).port);
  await expectHealthy(service);
  openFiles = (await service.metrics()).value('process_open_fds');
});
afterAll(() => service[Symbol.asyncDispose]());

/** The admin listener goes on as before, and so does what it is there to watch. */
async function expectUnharmed(): Promise<void> {
  using client = await TcpClient.connect(service.port('echo-tcp'));
  expect(await client.ask('hello')).toBe('hello');
  client.socket.end();
  expect(await client.ended).toBe('FIN');
  await eventually(async () => {
    expect((await service.metrics()).value('process_open_fds')).toBeLessThanOrEqual(openFiles);
  });
  await expectHealthy(service);
}

/** Everything that comes back until the connection is over. */
async function answerTo(bytes: string | Buffer): Promise<string> {
  using client = await TcpClient.connect(port);
  client.socket.end(bytes);
  return (await client.takeAll()).toString('latin1');
}

const HOST = 'Host: localhost\r\n';
const LONG = 'a'.repeat(100_000);

it.each([
  ['no method', `\0\0\0\r\n\r\n`, 400],
  ['an unknown method', `BREW /livez HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['an unknown version', `GET /livez HTTP/9.9\r\n${HOST}\r\n`, 400],
  ['no host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
  ['a bad escape in the path', `GET /%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['bytes that are no UTF-8 in the path', `GET /%c0%af HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['half an address as the path', `GET http://[::1 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a path out of the tree', `GET /../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, 404],
  ['a name of the prototype', `GET /__proto__ HTTP/1.1\r\n${HOST}\r\n`, 404],
  ['an endless path', `GET /${LONG} HTTP/1.1\r\n${HOST}\r\n`, 431],
  ['an endless header', `GET /livez HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`, 431],
  ['a line feed in a header', `GET /livez HTTP/1.1\r\n${HOST}X: a\r\n b\0\r\n\r\n`, 400],
  ['two lengths', `POST /livez HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
  [
    'a length and chunks',
    `POST /livez HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
  ],
  [
    'a body that is no JSON',
    `POST /livez HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{{{`,
    400,
  ],
  [
    'a body of 300 MB',
    `POST /livez HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 300000000\r\n\r\n{`,
    413,
  ],
  ['an expectation', `GET /livez HTTP/1.1\r\n${HOST}Expect: the-worst\r\n\r\n`, 417],
  ['everything', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404],
] as const)('should answer a request with %s', async (_what, request, status) => {
  checkAnswer(await answerTo(request), request, status);
  await expectUnharmed();
});

it.each([
  ['for a body that is too long', '/livez', 'application/json', 413],
  ['for a body that nobody asked for', '/nowhere', 'text/html', 404],
])('should not lose its answer %s to one who sends all of it first', async (_what, path, type, status) => {
  const body = Buffer.alloc(64 * 1024 ** 2, ' ');
  const head = `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`;
  using client = await TcpClient.connect(port, { reading: false });
  client.socket.write(`${head}Connection: close\r\n\r\n`);
  client.socket.end(body);
  await once(client.socket, 'finish');
  client.socket.resume();
  checkAnswer((await client.takeAll()).toString('latin1'), head, status);
  await expectUnharmed();
});

it('should not become a tunnel', async () => {
  expect(await answerTo(`CONNECT 127.0.0.1:7007 HTTP/1.1\r\n${HOST}\r\n`)).toBe('');
  await expectUnharmed();
});

it('should answer a request to be upgraded as one that is not', async () => {
  const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\n';
  const request = `GET /livez HTTP/1.1\r\n${HOST}${upgrade}\r\n`;
  checkAnswer(await answerTo(request), request, 200);
  await expectUnharmed();
});

/** What a stranger called it is in none of these. */
const REPEATED = /"nothing at (?:[^"\\]|\\.)*"/g;

describe(`HOSTILE_SEED=${hostileSeed}`, () => {
  it('should survive random bytes and resets', async () => {
    const random = new Random(hostileSeed);
    const words = [
      'GET ',
      'POST /livez',
      '/metrics',
      ' HTTP/1.1\r\n',
      HOST,
      '\r\n\r\n',
      'Content-Length: 9\r\n',
      'x: ',
    ];
    await Promise.all(
      Array.from({ length: 150 }, async () => {
        const pieces = Array.from({ length: 1 + random.below(8) }, () =>
          random.below(2) === 0 ? Buffer.from(random.pick(words)) : random.bytes(1 + random.below(200)),
        );
        const ending = random.pick(['end', 'reset', 'destroy']);
        using client = await TcpClient.connect(port);
        client.socket.write(Buffer.concat(pieces));
        if (ending === 'end') client.socket.end();
        else if (ending === 'reset') client.socket.resetAndDestroy();
        else client.socket.destroy();
        // A request that is still incomplete is waited for; the FIN ends that too.
        await client.ended;
        const answer = (await client.takeAll()).toString('latin1');
        expect(answer).toMatch(/^(?:HTTP\/1\.1 (?:200|400|404|413|415|431) |$)/);
        expect(leaks(withoutDesign(answer.replace(REPEATED, ''), '/metrics'))).toEqual([]);
      }),
    );
    await expectUnharmed();
  });
});

it('should answer while 500 others say nothing, half a request or nothing after their FIN', async () => {
  const clients = await Promise.all(
    Array.from({ length: 500 }, () => TcpClient.connect(port, { halfOpen: true })),
  );
  try {
    for (const [index, { socket }] of clients.entries()) {
      if (index % 3 === 1) socket.write('GET /metrics HTTP/1.1\r\nHo');
      if (index % 3 === 2) socket.end();
    }
    await expectHealthy(service);
  } finally {
    await Promise.all(
      clients.map(async ({ socket }) => {
        if (socket.destroyed) return;
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
  }
  await expectUnharmed();
});
