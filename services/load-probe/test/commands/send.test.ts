import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { echoing, freeTcpPort, tcpPeer, udpPeer } from '../peers.ts';
import { ended, runProcess, runProgram, startProgram } from '../program.ts';

const HEAD = 'HTTP/1.0 200 OK\r\nServer: test\r\nContent-Length: 0\r\n\r\n';

/** Replies as an HTTP/1.0 server to a HEAD request: a header, then FIN. */
function httpPeer() {
  return tcpPeer((socket) => {
    let request = '';
    socket.on('data', (bytes) => {
      request += bytes;
      if (request === 'HEAD / HTTP/1.0\r\n\r\n') socket.end(HEAD);
    });
  });
}

const HEAD_REQUEST = ['--data', String.raw`HEAD / HTTP/1.0\r\n\r\n`];

/** Option of Node that makes the program print to standard error when it handles SIGTERM. */
const TELLS_OF_SIGTERM = `--import=data:text/javascript,${encodeURIComponent(`
  process.on('newListener', (name) => {
    if (name === 'SIGTERM') setImmediate(() => process.stderr.write('listens\\n'));
  });
`).replaceAll("'", '%27')}`;

describe('send', () => {
  it('should write ten lines while the replies are read', async () => {
    let mostAnswered = 0;
    await using peer = await tcpPeer((socket) => {
      let lines = 0;
      socket.on('data', (bytes: Buffer) => {
        lines += bytes.toString().split('\n').length - 1;
        if (lines < 10) mostAnswered = lines;
        socket.write(bytes);
      });
      socket.on('end', () => socket.end());
    });
    const args = ['--lines', '10', '--each', 'message {n} of {n}', '--interval', '10ms'];
    const { code, stdout, stderr } = await runProcess(['send', ...args, `127.0.0.1:${peer.port}`]);
    const expected = Array.from({ length: 10 }, (_, index) => `message ${index + 1} of ${index + 1}\n`);
    expect(stdout).toBe(expected.join(''));
    expect(stderr).toMatch(
      new RegExp(
        `^connected to 127\\.0\\.0\\.1:${peer.port} from 127\\.0\\.0\\.1:\\d+ in [\\d.]+ ms\n` +
          '(note: .*\n)?sent 152 bytes, received 152 bytes in \\d+ pieces?, all within \\d+ ms\n$',
      ),
    );
    expect(code).toBe(0);
    expect(mostAnswered).toBeGreaterThan(0);
  });

  it('should add no line end to a template that has one', async () => {
    await using peer = await tcpPeer(echoing);
    const args = ['--lines', '3', '--each', String.raw`m{n}\t`];
    expect((await runProgram(['send', ...args, `127.0.0.1:${peer.port}`])).stdout).toBe('m1\tm2\tm3\t');
  });

  it('should write the reply as it comes, and unchanged when a program reads it', async () => {
    await using peer = await httpPeer();
    const { code, stdout } = await runProgram(['send', ...HEAD_REQUEST, `127.0.0.1:${peer.port}`]);
    expect(stdout).toBe(HEAD);
    expect(code).toBe(0);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    await using binary = await tcpPeer((socket) => void socket.end(bytes));
    const child = startProgram(['send', '--data', '', `127.0.0.1:${binary.port}`]);
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it.each([
    {
      read: 'line',
      pieces: ['HTTP/1.0 200 OK\\r\\n', 'Server: test\\r\\n', 'Content-Length: 0\\r\\n', '\\r\\n'],
    },
    {
      read: '10',
      pieces: ['HTTP/1.0 2', '00 OK\\r\\nSer', 'ver: test\\r', '\\nContent-L', 'ength: 0\\r\\n', '\\r\\n'],
    },
  ])('should read by $read', async ({ pieces, read }) => {
    await using peer = await httpPeer();
    const args = ['send', '--json', ...HEAD_REQUEST, '--read', read, `127.0.0.1:${peer.port}`];
    const report = JSON.parse((await runProgram(args)).stdout);
    expect(report.pieces.map(({ data }: { data: string }) => data)).toEqual(pieces);
  });

  it('should send standard input when no option says what to send', async () => {
    await using peer = await tcpPeer(echoing);
    const child = startProgram(['send', `127.0.0.1:${peer.port}`]);
    const ending = ended(child);
    child.stdin?.end('from a pipe\n');
    expect(await ending).toMatchObject({ code: 0, stdout: 'from a pipe\n' });
  });

  it('should not wait for standard input once the peer has closed', async () => {
    await using peer = await tcpPeer((socket) => void socket.end('bye\n'));
    // This pipe never ends.
    expect(await runProcess(['send', `127.0.0.1:${peer.port}`])).toMatchObject({ code: 0, stdout: 'bye\n' });
  });

  it('should send one datagram and print its replies', async () => {
    const asked: string[] = [];
    await using peer = await udpPeer((bytes, reply) => {
      asked.push(bytes.toString());
      reply(Buffer.from('one '));
      reply(Buffer.from('two'));
    });
    const { code, stdout, stderr } = await runProgram([
      'send',
      '--udp',
      '--data',
      'what?',
      `127.0.0.1:${peer.port}`,
    ]);
    expect(asked).toEqual(['what?']);
    expect(stdout).toBe('one two');
    expect(stderr).toMatch(
      /^sending to 127\.0\.0\.1:\d+ from 127\.0\.0\.1:\d+\nsent 5 bytes, received 7 bytes in 2 answers/,
    );
    expect(code).toBe(0);
  });

  it('should print JSON that programs can rely on', async () => {
    await using peer = await tcpPeer(echoing);
    const args = ['send', '--json', '--data', String.raw`\x00ä`, `127.0.0.1:${peer.port}`];
    const { code, stdout, stderr } = await runProgram(args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      ok: true,
      interrupted: false,
      protocol: 'tcp',
      host: '127.0.0.1',
      port: peer.port,
      local: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      remote: `127.0.0.1:${peer.port}`,
      failedAddresses: [],
      connectMs: expect.any(Number),
      durationMs: expect.any(Number),
      sentBytes: 3,
      receivedBytes: 3,
      answers: null,
      pieces: [{ ms: expect.any(Number), bytes: 3, data: String.raw`\x00ä` }],
      piecesLeftOut: 0,
      notes: expect.any(Array),
      failure: null,
    });
  });

  it('should exit 1 and say what failed and what to check next', async () => {
    const port = await freeTcpPort();
    const { code, stdout, stderr } = await runProgram(['send', '--data', 'x', `127.0.0.1:${port}`]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      new RegExp(
        `^refused: nothing listens on 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)\nnext: the host answers, .+\n$`,
      ),
    );
    expect(code).toBe(1);
    const report = JSON.parse(
      (await runProgram(['send', '--json', '--data', 'x', `127.0.0.1:${port}`])).stdout,
    );
    expect(report).toMatchObject({ ok: false, local: null, sentBytes: 0, failure: { kind: 'refused' } });
    expect(report.failure.next).toContain('check that the service runs');
  });

  it('should exit 2 and name every mistake', async () => {
    const args = [
      '--data',
      String.raw`\q`,
      '--lines',
      '0',
      '--read',
      '0',
      '--colour',
      '--keepalive',
      '1500ms',
    ];
    const { code, stdout, stderr } = await runProgram([
      'send',
      ...args,
      '--dial-timeout',
      '0s',
      'host:0',
      'more',
    ]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('load-probe send: 9 problems in the command line');
    expect(stderr).toContain('there is no option --colour');
    expect(stderr).toContain('only one HOST:PORT can be given; "more" is too much');
    expect(stderr).toContain('"host:0" has port "0"; it must be from 1 to 65535');
    expect(stderr).toContain(String.raw`--data "\\q" must not hold \q: the escapes are \0 \a`);
    expect(stderr).toContain('--lines "0" must be a whole number from 1 to 1000000');
    expect(stderr).toContain('--read "0" must be all, line or a number of bytes from 1 to 1048576');
    expect(stderr).toContain('--keepalive "1500ms" must be a whole number of seconds');
    expect(stderr).toContain('--dial-timeout "0s" must be a duration from 1ms to 1h');
    expect(stderr).toContain('--data and --lines both say what to send: give one of them');
    const udp = await runProgram(['send', '--udp', '--read', 'line', '--interval', '1s', 'host:7']);
    expect(udp.stderr).toContain(
      '--read is about a connection, which --udp does not have: leave one of them out',
    );
    expect(udp.stderr).toContain('--interval is the time between lines: give --lines too');
  });

  it('should end early and say so on Ctrl-C', async () => {
    const asked = Promise.withResolvers<void>();
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes) => socket.write(bytes, () => asked.resolve()));
    });
    const args = ['send', '--data', 'x', '--read-timeout', '0s', `127.0.0.1:${peer.port}`];
    const child = startProgram(args);
    const ending = ended(child);
    await asked.promise;
    child.kill('SIGINT');
    const { code, stderr } = await ending;
    expect(stderr).toMatch(/\nsent 1 byte, received 1 byte in 1 piece, .*\nstopped after [\d.]+ ms\n$/);
    expect(code).toBe(1);
  });

  it('should also end early on a signal while it reads a datagram from standard input', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    // This pipe never ends.
    const child = startProgram(['send', '--udp', `127.0.0.1:${peer.port}`], {
      NODE_OPTIONS: TELLS_OF_SIGTERM,
    });
    const ending = ended(child);
    await once(child.stderr!, 'data');
    child.kill('SIGTERM');
    const { code, stderr } = await ending;
    expect(stderr).toMatch(/^listens\nstopped after [\d.]+ ms\n$/);
    expect(code).toBe(1);
  });

  it('should end quietly when the reader of its output has closed', async () => {
    await using peer = await tcpPeer((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        if (!socket.destroyed) socket.write(chunk, () => setImmediate(more));
      };
      more();
    });
    const child = startProgram(['send', '--data', '', '--keep-open', `127.0.0.1:${peer.port}`]);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    await once(child.stdout!, 'data');
    child.stdout?.destroy();
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^connected to .*\n$/);
  });
});
