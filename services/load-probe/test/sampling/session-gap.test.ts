import { describe, expect, it } from 'vitest';
import { takeSample, takeSamples } from '../clocked-samples.ts';
import { type Peer, tcpPeer } from '../peers.ts';
import { type TakenSample, takeTimelySample } from '../take-samples.ts';

/** Minimum quiet gap after a reply without a line end. */
const GAP_MS = 50;

/** A simple server: the bytes of one read are one request. */
function readingPeer(answer: (request: string) => string, requests: string[] = []): Promise<Peer> {
  return tcpPeer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      requests.push(chunk.toString());
      socket.write(answer(chunk.toString()));
    });
    socket.on('end', () => socket.end());
  });
}

const secondsNow = (): string => `${Math.floor(Date.now() / 1_000)}`;
/** Replies to `timestamp` with seconds, and to everything else with the time as Go prints it. */
const tutorial = (request: string): string =>
  request.trim() === 'timestamp' ? secondsNow() : '2026-11-20 07:13:05.123456789 +0000 UTC m=+7.004040404';

/** From the due time of the sample until its outcome is known, milliseconds. */
const wallMs = ({ at, knownAt }: TakenSample): number => knownAt - at;

describe.each(['fresh', 'sticky'])('a session with a server that sends no line ends, %s', (flow) => {
  const urlOf = ({ port }: Peer, more = ''): string => `session+tcp://127.0.0.1:${port}?flow=${flow}${more}`;

  it('should request the formats that it has, and not count quiet gaps in the round trip', async () => {
    const requests: string[] = [];
    await using peer = await readingPeer(tutorial, requests);
    const sample = await takeTimelySample(urlOf(peer));
    expect(sample).toMatchObject({ outcome: 'ok' });
    expect(requests.slice(-3)).toEqual(['timestamp-ns\n', 'timestamp-ms\n', 'timestamp\n']);
    expect(wallMs(sample) - sample.rttMs!).toBeGreaterThanOrEqual(2 * GAP_MS);
    // Half of a second, because the time has whole seconds, and half of the round trip.
    expect(sample.clock?.errorMs).toBeGreaterThan(500);
    expect(Math.abs(sample.clock?.offsetMs ?? Number.NaN)).toBeLessThanOrEqual(sample.clock?.errorMs ?? 0);
  });

  it.each([' \n', '\t\r\n', '\r', ' ', '\0'])('should read replies that end in %j', async (end) => {
    const requests: string[] = [];
    await using peer = await readingPeer((request) => {
      const isKnown = request.trim() === 'timestamp';
      return `${isKnown ? secondsNow() : 'Mon, 30 Nov 2026 08:36:47 GMT'}${end}`;
    }, requests);
    const sample = await takeTimelySample(urlOf(peer));
    expect(sample).toMatchObject({ outcome: 'ok' });
    expect(requests).toContain('timestamp\n');
    expect(Math.abs(sample.clock?.offsetMs ?? Number.NaN)).toBeLessThanOrEqual(sample.clock?.errorMs ?? 0);
  });

  it('should not count the gap after its last reply either', async () => {
    // A clock that starts in 1970 has fewer digits than today's time.
    await using peer = await readingPeer(() => '86400');
    const sample = await takeTimelySample(urlOf(peer));
    expect(sample).toMatchObject({ outcome: 'ok' });
    expect(wallMs(sample) - sample.rttMs!).toBeGreaterThanOrEqual(GAP_MS);
  });

  it.each([
    ['timestamp-ns', () => `${Temporal.Now.instant().epochNanoseconds}`],
    ['timestamp-ms', () => `${Date.now()}`],
    ['timestamp', secondsNow],
  ])('should know a whole %s by its number of digits, without a gap', async (format, digits) => {
    await using peer = await readingPeer((request) => (request.trim() === format ? digits() : secondsNow()));
    const sample = await takeTimelySample(urlOf(peer));
    expect(sample).toMatchObject({ outcome: 'ok' });
    expect(Math.abs(sample.clock?.offsetMs ?? Number.NaN)).toBeLessThanOrEqual(sample.clock?.errorMs ?? 0);
  });

  it.each([10, 13])('should be truncated by a FIN after %d of the digits of nanoseconds', async (digits) => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', () => socket.end(`${Temporal.Now.instant().epochNanoseconds}`.slice(0, digits)));
    });
    expect(await takeSample(urlOf(peer))).toMatchObject({
      outcome: 'truncated',
      detail: expect.stringContaining(`:${peer.port} sent ${digits} bytes of `),
    });
  });

  it('should accept a reply that came in time when the gap ends after the timeout', async () => {
    await using peer = await readingPeer(() => '86400');
    expect((await takeSample(urlOf(peer, '&timeout=40ms'))).outcome).toMatch(/^(ok|late)$/);
  });

  it('should wait longer for the rest of a reply on a slower path', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', () => {
        const answer = `${Temporal.Now.instant().epochNanoseconds}\n`;
        setTimeout(() => socket.write(answer.slice(0, 8)), 1_000);
        // Within a round trip after the first piece, as with Nagle's algorithm.
        setTimeout(() => socket.write(answer.slice(8)), 1_500);
      });
    });
    const { samples, clocks } = await takeSamples(urlOf(peer, '&timeout=10s'), 1);
    expect(samples).toMatchObject([{ outcome: 'ok' }]);
    expect(Math.abs(clocks[0]!.offsetMs)).toBeLessThanOrEqual(clocks[0]!.errorMs);
  });

  it('should not treat a late line end as a reply', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.setNoDelay(true);
      socket.on('data', () => {
        socket.write(`${Temporal.Now.instant().epochNanoseconds}`);
        setImmediate(() => socket.write('\r\n'));
      });
    });
    const { samples, duplicates } = await takeSamples(urlOf(peer), 5);
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(5).fill('ok'));
    expect(duplicates).toBe(0);
  });

  it('should still be malformed when the reply is no time', async () => {
    await using peer = await readingPeer(() => 'What?');
    expect(await takeSample(urlOf(peer))).toMatchObject({
      outcome: 'malformed',
      detail: expect.stringMatching(/^asked for timestamp: .*got "What\?"$/),
    });
  });
});
