import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatorProblem } from '../tests/harness/programs.ts';
import { skipFor } from '../tests/harness/skip-for.ts';
import type { GeneratorReport } from './figures.ts';
import { buildGenerator } from './programs.ts';

const run = promisify(execFile);
const LINE = 'Friday, November 20, 2026 07:13:05-UTC\r\n';

/** Short, because these tests assert that faults are found, not how fast a server is. */
const SHORT = ['measure_ms=300'];

describe('the load generator', skipFor(generatorProblem), () => {
  let folder: string;
  let generator: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'echo-daytime-generator-'));
    generator = await buildGenerator(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  async function generate(...args: string[]): Promise<GeneratorReport> {
    const { stdout } = await run(generator, args);
    return JSON.parse(stdout) as GeneratorReport;
  }

  /** The error output of a run that ends with code 1. */
  async function complaint(...args: string[]): Promise<string> {
    const { code, stderr } = await generate(...args).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
    expect(code, stderr).toBe(1);
    return stderr.trim();
  }

  it('should count every echo, and time it', async () => {
    await using server = await tcpServer((socket) => socket.pipe(socket));
    const report = await generate('ping-pong', server.port, 'connections=20', 'size=20000', ...SHORT);
    expect(report).toMatchObject({ failed: 0, serverCpuSeconds: 0 });
    expect(report.requests).toBeGreaterThan(20);
    expect(report.seconds).toBeGreaterThanOrEqual(0.3);
    expect(report.p50Us).toBeGreaterThan(0);
    expect(report.p99Us).toBeGreaterThanOrEqual(report.p50Us);
  });

  it('should read the processor time and the memory of the server', async () => {
    await using server = await tcpServer((socket) => socket.pipe(socket));
    const report = await generate('ping-pong', server.port, `pid=${process.pid}`, 'connections=50', ...SHORT);
    expect(report.serverCpuSeconds).toBeGreaterThan(0);
    expect(report.serverCpuSeconds).toBeLessThan(report.seconds * 4);
    expect(report.memoryBytes).toBeTypeOf('number');
  });

  it.each([0, 7, 8, 63])('should notice one changed byte, at %i', async (at) => {
    await using server = await tcpServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        chunk[at]! ^= 1;
        socket.write(chunk);
      });
    });
    const said = await complaint('ping-pong', server.port, 'connections=2', 'size=64', ...SHORT);
    expect(said).toBe('generator: other bytes came back than were sent');
  });

  it('should notice the message of another connection', async () => {
    const waiting: { socket: Socket; chunk: Buffer }[] = [];
    await using server = await tcpServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        const other = waiting.pop();
        if (other) {
          other.socket.write(chunk);
          socket.write(other.chunk);
        } else waiting.push({ socket, chunk });
      });
    });
    const said = await complaint('ping-pong', server.port, 'connections=2', ...SHORT);
    expect(said).toBe('generator: other bytes came back than were sent');
  });

  it('should notice a connection that is closed', async () => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end()));
    const said = await complaint('ping-pong', server.port, 'connections=2', ...SHORT);
    expect(said).toBe('generator: the server closed a busy connection');
  });

  it('should time new connections beside the busy ones, also those without a reply', async () => {
    let connections = 0;
    await using server = await tcpServer((socket) => {
      connections += 1;
      // The first two are the busy connections; of the others every second one gets a reply.
      if (connections <= 2 || connections % 2 === 0) socket.pipe(socket);
      else socket.end();
    });
    const args = ['connections=2', 'visit_every_us=10000'];
    const report = await generate('ping-pong', server.port, ...args, ...SHORT);
    expect(report.visits).toBeGreaterThan(0);
    expect(report.visitP999Us).toBeGreaterThanOrEqual(report.visitP50Us!);
    expect(report.failed).toBeGreaterThan(0);
    expect(report.visits! + report.failed).toBe(connections - 2);
    expect(report.failure).toBe('closed without the right answer');
  });

  it('should scrape metrics beside the busy connections', async () => {
    const requests: string[] = [];
    await using server = await tcpServer((socket) => socket.pipe(socket));
    await using metrics = await tcpServer((socket) => {
      socket.once('data', (chunk) => {
        requests.push(chunk.toString());
        socket.end('HTTP/1.1 200 OK\r\n\r\nl4_tcp 1\n');
      });
    });
    const args = ['connections=2', `scrape_${metrics.port}`, 'scrape_every_us=50000'];
    const report = await generate('ping-pong', server.port, ...args, ...SHORT);
    expect(report).toMatchObject({ failed: 0, visits: requests.length });
    expect(requests.length).toBeGreaterThan(2);
    expect(requests[0]).toMatch(/^GET \/metrics HTTP\/1\.1\r\n/);
  });

  it('should count daytime lines, and replies that are no line', async () => {
    await using good = await tcpServer((socket) => socket.end(LINE));
    const lines = await generate('one-shot', good.port, 'connections=4', ...SHORT);
    expect(lines).toMatchObject({ failed: 0 });
    expect(lines.requests).toBeGreaterThan(4);
    await using bad = await tcpServer((socket) => socket.end(LINE.trimEnd()));
    const none = await generate('one-shot', bad.port, 'connections=4', ...SHORT);
    expect(none).toMatchObject({ requests: 0, failure: 'closed without the right answer' });
    expect(none.failed).toBeGreaterThan(4);
  });

  it('should count datagrams that come back, are lost, or come back different', async () => {
    await using echo = await udpServer((datagram) => datagram);
    const all = await generate('udp-echo', echo.port, 'connections=4', 'in_flight=4', ...SHORT);
    expect(all).toMatchObject({ failed: 0 });
    expect(all.requests).toBeGreaterThan(16);
    let seen = 0;
    await using forgetful = await udpServer((datagram) => (++seen % 3 === 0 ? undefined : datagram));
    const some = await generate('udp-echo', forgetful.port, 'connections=4', 'in_flight=4', ...SHORT);
    expect(some.requests).toBeGreaterThan(0);
    expect(some.lost).toBeGreaterThan(0);
    await using wrong = await udpServer((datagram) => datagram.fill(0, 8));
    const others = await generate('udp-echo', wrong.port, ...SHORT);
    expect(others).toMatchObject({ requests: 0, failure: 'other bytes came back' });
    expect(others.failed).toBeGreaterThan(0);
  });

  it('should count STAMP replies, and datagrams that hold no request of the socket', async () => {
    await using reflector = await udpServer((datagram) => {
      datagram.copy(datagram, 24, 0, 14);
      return datagram;
    });
    const replies = await generate('stamp', reflector.port, 'connections=4', 'in_flight=4', ...SHORT);
    expect(replies).toMatchObject({ failed: 0 });
    expect(replies.requests).toBeGreaterThan(16);
    await using echo = await udpServer((datagram) => datagram);
    const echoes = await generate('stamp', echo.port, ...SHORT);
    expect(echoes).toMatchObject({ requests: 0, failure: 'other bytes came back' });
  });

  it('should count a datagram as a daytime line only if it is one', async () => {
    await using good = await udpServer(() => Buffer.from(LINE));
    const lines = await generate('udp-daytime', good.port, 'connections=4', 'in_flight=4', ...SHORT);
    expect(lines).toMatchObject({ failed: 0 });
    expect(lines.requests).toBeGreaterThan(16);
    await using echo = await udpServer((datagram) => datagram);
    expect(await generate('udp-daytime', echo.port, ...SHORT)).toMatchObject({ requests: 0 });
  });

  it('should refuse unknown and invalid options', async () => {
    await expect(generate('ping-pong', 'port=1', 'conections=5')).rejects.toMatchObject({
      code: 2,
      stderr: 'generator: conections=5 is no option of this program\n',
    });
    await expect(generate('ping-pong', 'port=70000')).rejects.toMatchObject({
      code: 2,
      stderr: 'generator: port=70000 must be a whole number from 1 to 65535\n',
    });
  });
});

interface Server extends AsyncDisposable {
  /** As an argument of the generator. */
  readonly port: string;
}

async function tcpServer(serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: `port=${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function udpServer(answer: (datagram: Buffer) => Buffer | undefined): Promise<Server> {
  const socket = createSocket('udp4', (datagram, { port, address }) => {
    const reply = answer(datagram);
    if (reply) socket.send(reply, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: `port=${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
