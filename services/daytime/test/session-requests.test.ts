import { formats } from '@echo-daytime/daytime-format';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { ask, LocalSession, lineOf, stopClock } from './fixtures/local-session.ts';

describeTcpEngines((tcpEngine) => {
  /** The quiet gap that ends a request without a newline. */
  const GAP_MS = 10;
  stopClock();

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
        const positions = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
        using client = await session.connect();
        let from = 0;
        for (const position of [...positions, bytes.length]) {
          if (position > from) await session.deliver(client, bytes.slice(from, position));
          from = position;
        }
        client.socket.end();
        expect(String(await client.takeAll())).toBe(asked.map(lineOf).join(''));
      }),
    );
  });

  describe('the end of a session', () => {
    it.each(['', 'timestamp\n'])('should answer FIN by FIN, and send nothing more after %j', async (sent) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      client.socket.end(sent);
      expect(String(await client.takeAll())).toBe(sent && lineOf('timestamp'));
      expect(await client.ended).toBe('FIN');
      await session.local.holding(0);
      expect(session.local.closed).toEqual({ client: 1 });
    });
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

    it('should accept a request of the longest length in pieces', async () => {
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
    ])('should cause an error reply and FIN, with reason protocol: %s', async (_, request) => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      client.socket.write(`ctime\n${request}`);
      expect(String(await client.takeAll())).toBe(lineOf('ctime') + ERROR);
      expect(await client.ended).toBe('FIN');
      await session.local.holding(0);
      expect(session.local.closed).toEqual({ protocol: 1 });
      expect(session.made).toEqual(['ctime']);
    });

    it('should cause the error before the end of the request, when it arrives in pieces', async () => {
      await using session = await LocalSession.open({}, { tcpEngine });
      using client = await session.connect();
      await session.deliver(client, 'x'.repeat(MAX));
      await session.deliver(client, 'x');
      expect(String(await client.takeAll())).toBe(ERROR);
      expect(await client.ended).toBe('FIN');
    });

    it('should use the configured value', async () => {
      await using session = await LocalSession.open({ maxRequest: 16 }, { tcpEngine });
      using client = await session.connect();
      expect(await ask(client, `${'x'.repeat(16)}\n`, DEFAULT_LINE)).toBe(DEFAULT_LINE);
      client.socket.write('x'.repeat(17));
      expect(String(await client.takeAll())).toBe(
        'error: request longer than 16 bytes; send the name of a format, or help\r\n',
      );
    });
  });
});
