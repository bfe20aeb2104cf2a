import { formats } from '@echo-daytime/daytime-format';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalSession, lineOf } from './fixtures/local-session.ts';

describeTcpEngines((tcpEngine) => {
  /** The quiet gap that ends a request without a newline, and that of one that may be half a word. */
  const GAP_MS = 10;
  const HALF_WORD_GAP_MS = 250;

  // The clock stands still unless a test moves it; the sockets are real.
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const DEFAULT_LINE = lineOf('rfc867');

  describe('a request', () => {
    it.each(formats)(
      'should get %s by its name, in any case and with white space around it',
      async (format) => {
        const spellings = [format, format.toUpperCase(), ` ${format}`, `${format} `, `\t${format}\t`];
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        for (const spelling of spellings) {
          for (const lineEnd of ['\n', '\r\n']) {
            expect(await ask(client, spelling + lineEnd, lineOf(format))).toBe(lineOf(format));
          }
        }
        expect(session.made).toEqual(Array(2 * spellings.length).fill(format));
      },
    );

    it.each(['help\n', 'HELP\r\n', ' Help \n'])(
      'should get a list of every format for %j',
      async (request) => {
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        client.socket.end(request);
        const help = String(await client.takeAll());
        expect(help).toMatch(/^(?:[\x20-\x7e]+\r\n)+$/);
        const [, ...rows] = help.trimEnd().split('\r\n');
        expect(rows.map((row) => row.split(' ')[0])).toEqual(formats);
        expect(session.made).toEqual([]);
      },
    );

    it.each([
      '\n',
      '\r\n',
      ' \n',
      'what time is it?\n',
      'timestampx\n',
      'time stamp\n',
      'timestamp-\n',
      'constructor\n',
      '__proto__\n',
      'help me\n',
      '\0\n',
      'timestamp\0\n',
      '\u00ff\ufffe\n',
    ])('should get the default format for anything else: %j', async (request) => {
      await using session = await LocalSession.open({ format: 'nist' }, { tcpEngine });
      using client = await session.connect();
      expect(await ask(client, request, lineOf('nist'))).toBe(lineOf('nist'));
      expect(session.made).toEqual(['nist']);
    });

    it('should get the default format for any bytes at all', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      const junk = Buffer.from(
        Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a),
      );
      client.socket.write(Buffer.concat([junk.subarray(0, 128), Buffer.from('\n')]));
      client.socket.end(Buffer.concat([junk.subarray(128), Buffer.from('\n')]));
      expect(String(await client.takeAll())).toBe(DEFAULT_LINE.repeat(2));
    });
  });

  it('should answer pipelined requests in their order, wherever the stream is cut', async () => {
    await using session = await LocalSession.open({}, { tcpEngine });
    const requests = fc.array(fc.constantFrom(...formats), { minLength: 1, maxLength: 20 });
    const lineEnds = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(requests, lineEnds, fc.array(fc.nat(), { maxLength: 10 }), async (...run) => {
        const [asked, lineEnd, cuts] = run;
        const bytes = asked.map((format) => format + lineEnd).join('');
        const places = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
        using client = await session.connect();
        let from = 0;
        for (const place of [...places, bytes.length]) {
          if (place > from) await session.deliver(client, bytes.slice(from, place));
          from = place;
        }
        client.socket.end();
        expect(String(await client.takeAll())).toBe(asked.map(lineOf).join(''));
      }),
    );
  });

  describe('a request without a newline', () => {
    it.each([
      ['in one segment', ['timestamp']],
      ['in two', ['time', 'stamp']],
      ['a byte at a time', [...'timestamp']],
    ])('should be answered once, after the gap: %s', async (_, segments) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      for (const segment of segments) {
        vi.advanceTimersByTime(GAP_MS - 1);
        await session.deliver(client, segment);
      }
      vi.advanceTimersByTime(GAP_MS - 1);
      expect(session.made).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(session.made).toEqual(['timestamp']);
      vi.advanceTimersByTime(100 * GAP_MS);
      expect(session.made).toEqual(['timestamp']);
      expect(String(await client.take(13))).toBe('<timestamp>\r\n');
    });

    it.each([
      ['iso', '8601', 'iso8601'],
      ['TimeStamp-', 'ms', 'timestamp-ms'],
      ['\t n', 'ist ', 'nist'],
      ['ctime\ns', 'mtp', 'smtp'],
    ] as const)(
      'should be given the time that two writes of one word take: %j, then %j',
      async (...request) => {
        const [first, second, format] = request;
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        await session.deliver(client, first);
        vi.advanceTimersByTime(HALF_WORD_GAP_MS - 1);
        await session.deliver(client, second);
        vi.advanceTimersByTime(GAP_MS);
        expect(session.made.at(-1)).toBe(format);
        expect(session.made).not.toContain('rfc867');
      },
    );

    it('should be answered as it is when the rest of its word does not come', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'he');
      vi.advanceTimersByTime(HALF_WORD_GAP_MS - 1);
      expect(session.made).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(String(await client.take(DEFAULT_LINE.length))).toBe(DEFAULT_LINE);
    });

    it.each(['timestamp', 'Go', 'rfc868', 'time ', 't?', ' ', '\r'])(
      'should not wait longer where no word has begun: %j',
      async (request) => {
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        await session.deliver(client, request);
        vi.advanceTimersByTime(GAP_MS);
        expect(session.made).toHaveLength(1);
      },
    );

    it.each([
      ['\n', ['\n']],
      ['\r\n', ['\r\n']],
      ['\r\n in two segments', ['\r', '\n']],
    ])('should not be answered again when %s follows after the gap', async (_, segments) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'timestamp');
      vi.advanceTimersByTime(GAP_MS);
      for (const segment of segments) {
        await session.deliver(client, segment);
        vi.advanceTimersByTime(100 * GAP_MS);
      }
      expect(session.made).toEqual(['timestamp']);
      // It counts for one request, not for those that follow.
      const expected = lineOf('timestamp') + lineOf('ctime') + DEFAULT_LINE;
      expect(await ask(client, 'ctime\n\n', expected)).toBe(expected);
    });

    it('should be answered once when its \\r came before the gap and its \\n after it', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'timestamp\r');
      vi.advanceTimersByTime(GAP_MS);
      client.socket.end('\n');
      expect(String(await client.takeAll())).toBe(lineOf('timestamp'));
    });

    it('should leave what follows after the gap a request of its own', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      for (const format of ['timestamp', 'iso8601', 'go'] as const) {
        await session.deliver(client, format);
        vi.advanceTimersByTime(GAP_MS);
      }
      client.socket.end('\rnist\n');
      expect(String(await client.takeAll())).toBe(
        lineOf('timestamp') + lineOf('iso8601') + lineOf('go') + lineOf('nist'),
      );
    });

    it('should not wait for the gap when the newline comes within it', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'times');
      vi.advanceTimersByTime(GAP_MS - 1);
      expect(await ask(client, 'tamp\n', lineOf('timestamp'))).toBe(lineOf('timestamp'));
      vi.advanceTimersByTime(100 * GAP_MS);
      expect(session.made).toEqual(['timestamp']);
    });

    it.each(['timestamp', 'timestamp\r'])(
      'should be answered at once when FIN follows %j',
      async (request) => {
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        client.socket.end(`ctime\n${request}`);
        expect(String(await client.takeAll())).toBe(lineOf('ctime') + lineOf('timestamp'));
        expect(await client.ended).toBe('FIN');
        await session.local.holding(0);
        expect(session.local.closed).toEqual({ client: 1 });
      },
    );

    it('should be neither answered nor counted when the connection is gone before the gap is over', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'timestamp');
      client.socket.resetAndDestroy();
      await session.local.holding(0);
      vi.advanceTimersByTime(GAP_MS);
      expect(session.made).toEqual([]);
      expect(session.local.closed).toEqual({ reset: 1 });
    });
  });

  describe('the end of a session', () => {
    it.each(['', 'timestamp\n'])(
      'should be FIN after FIN, with nothing more to say after %j',
      async (sent) => {
        await using session = await LocalSession.open({}, { tcpEngine });
        using client = await session.connect();
        client.socket.end(sent);
        expect(String(await client.takeAll())).toBe(sent && lineOf('timestamp'));
        expect(await client.ended).toBe('FIN');
        await session.local.holding(0);
        expect(session.local.closed).toEqual({ client: 1 });
      },
    );
  });

  describe('MAX_REQUEST', () => {
    const MAX = 128;
    const ERROR = `error: request longer than ${MAX} bytes; send the name of a format, or help\r\n`;

    it.each([
      ['\\n', '\n'],
      ['\\r\\n', '\r\n'],
    ])('should not count the line end: %s', async (_, lineEnd) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      expect(await ask(client, 'x'.repeat(MAX) + lineEnd, DEFAULT_LINE)).toBe(DEFAULT_LINE);
      client.socket.end('x'.repeat(MAX + 1) + lineEnd);
      expect(String(await client.takeAll())).toBe(ERROR);
    });

    it('should let a longest request come in pieces', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'x'.repeat(MAX - 1));
      await session.deliver(client, 'x');
      await session.deliver(client, '\r');
      expect(await ask(client, '\n', DEFAULT_LINE)).toBe(DEFAULT_LINE);
      await session.deliver(client, 'x'.repeat(MAX));
      vi.advanceTimersByTime(GAP_MS);
      expect(String(await client.take(DEFAULT_LINE.length))).toBe(DEFAULT_LINE);
    });

    it.each([
      ['with its newline', `${'x'.repeat(MAX + 1)}\n`],
      ['without', 'x'.repeat(MAX + 1)],
      ['endless', 'x'.repeat(60_000)],
      ['of carriage returns', '\r'.repeat(MAX + 2)],
      ['with a newline far behind', `${'x'.repeat(60_000)}\ntimestamp\n`],
    ])('should be told to whoever breaks it, and FIN sent, with reason protocol: %s', async (_, request) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      client.socket.write(`ctime\n${request}`);
      expect(String(await client.takeAll())).toBe(lineOf('ctime') + ERROR);
      expect(await client.ended).toBe('FIN');
      await session.local.holding(0);
      expect(session.local.closed).toEqual({ protocol: 1 });
      expect(session.made).toEqual(['ctime']);
    });

    it('should be told without waiting for the end, when the request comes in pieces', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'x'.repeat(MAX));
      await session.deliver(client, 'x');
      expect(String(await client.takeAll())).toBe(ERROR);
      expect(await client.ended).toBe('FIN');
    });

    it('should be what is configured', async () => {
      await using session = await LocalSession.open({ maxRequest: 16 }, { tcpEngine });
      using client = await session.connect();
      expect(await ask(client, `${'x'.repeat(16)}\n`, DEFAULT_LINE)).toBe(DEFAULT_LINE);
      client.socket.write('x'.repeat(17));
      expect(String(await client.takeAll())).toBe(
        'error: request longer than 16 bytes; send the name of a format, or help\r\n',
      );
    });
  });

  /** Sends, and waits for as many bytes as are expected. */
  async function ask(
    client: Awaited<ReturnType<LocalSession['connect']>>,
    request: string,
    expected: string,
  ): Promise<string> {
    client.socket.write(request);
    return String(await client.take(expected.length));
  }
});
