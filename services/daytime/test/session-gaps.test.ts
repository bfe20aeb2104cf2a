import { describe, expect, it, vi } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { ask, LocalSession, lineOf, stopClock } from './fixtures/local-session.ts';

describeTcpEngines((tcpEngine) => {
  /** The quiet gap that ends a request without a newline, and that of one that may be half a word. */
  const GAP_MS = 10;
  const HALF_WORD_GAP_MS = 250;

  stopClock();

  const DEFAULT_LINE = lineOf('rfc867');

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
});
