import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { CommandLine } from '../../src/cli/options.ts';
import { checkOptions, readCheckOptions } from '../../src/commands/check/options.ts';
import { type CheckResult, check, hasHeld } from '../../src/commands/check/run.ts';
import type { LoadCounters } from '../../src/commands/load/counters.ts';
import type { LoadPlan } from '../../src/commands/load/plan.ts';
import { type JudgedLoad, judgeLoad, textReport } from '../../src/commands/load/report.ts';
import { connects, fullPeer, type Peer, tcpPeer, udpPeer } from '../peers.ts';
import { ended, startProgram } from '../program.ts';
import { load } from './run-load.ts';
import { elementsOf, parseXml } from './strict-xml.ts';

/** The peer answers this many requests, then no more. */
const ANSWERED = 3;
/** After this many unanswered requests the oldest has waited for most of a second. */
const HUNG = 8;

/** An echo over TCP and UDP that answers only the first requests. `hung` resolves after HUNG unanswered requests. */
async function hangingPeer(protocol: string): Promise<Peer & { readonly hung: Promise<void> }> {
  const hung = Promise.withResolvers<void>();
  let requests = 0;
  const isAnswered = (): boolean => {
    requests += 1;
    if (requests === ANSWERED + HUNG) hung.resolve();
    return requests <= ANSWERED;
  };
  const peer =
    protocol === 'udp'
      ? await udpPeer((bytes, reply) => isAnswered() && reply(bytes))
      : await tcpPeer((socket) => socket.on('data', (bytes) => isAnswered() && socket.write(bytes)));
  return { ...peer, hung: hung.promise };
}

const LONG_TIMEOUT = ['--count', '1000', '--interval', '100ms', '--timeout', '5m'];

/** Runs a check and stops it when its target hangs. */
async function stoppedCheck(url: string, when: Promise<void>, ...args: string[]): Promise<CheckResult> {
  // On a busy machine the probe is late with some samples, which are not measured.
  const measured = { minMeasured: '0%' };
  const typed = {
    count: '1000',
    interval: '100ms',
    timeout: '5m',
    maxLoss: '100%',
    maxP50: '3600s',
    ...measured,
  };
  const line = new CommandLine(checkOptions, [url, ...args], typed);
  const stopping = new AbortController();
  const checking = check(readCheckOptions(line), stopping.signal);
  await when;
  stopping.abort();
  return checking;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-probe-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a check that is stopped', () => {
  it.each([
    ['tcp', 'fresh'],
    ['udp', 'fresh'],
    ['tcp', 'sticky'],
    ['udp', 'sticky'],
  ])('should name the hanging sample, and fail its gates: %s, %s', async (protocol, flow) => {
    await using peer = await hangingPeer(protocol);
    const url = `echo+${protocol}://127.0.0.1:${peer.port}?flow=${flow}`;
    const result = await stoppedCheck(url, peer.hung);
    const [tally] = result.targets;
    expect(result.interrupted).toBe(true);
    expect(tally!.outcomes.ok).toBe(ANSWERED);
    expect(tally!.underWay.length).toBeGreaterThanOrEqual(HUNG);
    expect(tally!.samples + tally!.underWay.length + tally!.notBegun).toBe(1000);
    const ages = tally!.underWay.map(({ ageMs }) => ageMs);
    expect(ages).toEqual(ages.toSorted((one, other) => other - one));
    expect(ages[0]).toBeGreaterThan(100 * (HUNG - 2));
    for (const { ageMs, isOverdue } of tally!.underWay)
      expect(isOverdue).toBe(ageMs > tally!.latencies.maxMs);
    // Any loss is allowed, and the median was below the limit.
    expect(hasHeld(result)).toBe(false);
    for (const { results } of result.gates) expect(results[0]?.reason).toBe('still_waiting');
  });

  it('should name a connection that is never established', async () => {
    await using peer = await fullPeer();
    const before = connects();
    const twoMore = eventually(() => expect(connects()).toBeGreaterThan(before + 1));
    const result = await stoppedCheck(`tcp://127.0.0.1:${peer.port}`, twoMore);
    const [oldest, next] = result.targets[0]!.underWay;
    // It was due as many intervals of 100 ms earlier as the sequence numbers differ, without those of a late probe.
    const intervals = next!.sequence - oldest!.sequence;
    expect(intervals).toBeGreaterThan(0);
    expect(oldest!.ageMs - next!.ageMs).toBeGreaterThan(50 * intervals);
  });

  it('should report it as text and in JUnit too', async () => {
    await using peer = await hangingPeer('tcp');
    const file = join(folder, 'stopped.xml');
    const url = `echo+tcp://127.0.0.1:${peer.port}?name=lb`;
    const child = startProgram(['check', ...LONG_TIMEOUT, '--min-measured', '0%', '--junit', file, url]);
    const ending = ended(child);
    await peer.hung;
    child.kill('SIGINT');
    const { code, stdout } = await ending;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\n {2}\d+ of 1,000 samples under way when stopped, for .* m?s, .* and \d+ more\n/,
    );
    expect(stdout).toMatch(/\n {2}9\d\d of 1,000 samples not begun\n/);
    expect(stdout).toMatch(
      /\n--max-loss 0% did not hold: lb had 0%, but what was under way had waited for .*, longer than the others took\n$/,
    );
    const [suite] = elementsOf(parseXml(await readFile(file, 'utf8')), 'testsuite');
    expect(suite?.attributes).toMatchObject({ tests: '2', failures: '1', skipped: '1' });
    const [skipped] = elementsOf(suite!, 'skipped');
    expect(skipped?.attributes.message).toMatch(
      /^\d+ of 1,000 samples under way .*; 9\d\d of 1,000 samples not begun$/,
    );
    expect(elementsOf(suite!, 'failure')[0]?.text).toContain('under way when stopped');
  });
});

/** Runs a load and stops it when no reply has come for much longer than any reply took. */
async function stoppedLoad(url: string, plan: Partial<LoadPlan>): Promise<JudgedLoad> {
  const stopping = new AbortController();
  const started = (read: () => LoadCounters): void => {
    let answered = 0;
    let answeredAt = performance.now();
    const timer = setInterval(() => {
      const { latencies, okCount } = read();
      if (okCount !== answered) answeredAt = performance.now();
      answered = okCount;
      if (answered === 0 || performance.now() - answeredAt < 2 * latencies.maxMs + 200) return;
      clearInterval(timer);
      stopping.abort();
    }, 20);
  };
  const result = await load(url, { durationMs: 600_000, ...plan }, { started, signal: stopping.signal });
  return judgeLoad(result, [{ kind: 'max-loss', limit: 1, text: '100%' }], 0);
}

describe('a load that is stopped', () => {
  it.each([
    ['echo+tcp', 3],
    ['echo+udp', 3],
    ['daytime+tcp', 1],
    ['daytime+udp', 1],
  ])('should name the hanging messages, and fail its gates: %s', async (scheme, pipeline) => {
    let requests = 0;
    const answer = (bytes: Buffer): Buffer | undefined => {
      requests += 1;
      if (requests > 40) return undefined;
      return scheme.startsWith('echo') ? bytes : Buffer.from('Friday, November 20, 2026 07:13:05-UTC\r\n');
    };
    await using peer = scheme.endsWith('udp')
      ? await udpPeer((bytes, reply) => {
          const echo = answer(bytes);
          if (echo) reply(echo);
        })
      : await tcpPeer((socket) => {
          const line = scheme === 'daytime+tcp' && answer(Buffer.alloc(0));
          if (line) socket.end(line);
          socket.on('data', (bytes: Buffer) => {
            // One chunk may contain several messages.
            for (let at = 0; at < bytes.length; at += 64) {
              const echo = answer(bytes.subarray(at, at + 64));
              if (echo) socket.write(echo);
            }
          });
        });
    const url = `${scheme}://127.0.0.1:${peer.port}?timeout=10m`;
    const judged = await stoppedLoad(url, { connections: 4, pipeline });
    const { result } = judged;
    expect(result.underWay).toBe(4 * pipeline);
    expect(result.abandoned).toBe(result.underWay);
    expect(result.oldestWaitMs).toBeGreaterThan(2 * result.counters.latencies.maxMs);
    expect(judged.gates[0]!.results[0]).toMatchObject({ measured: 0, held: false, reason: 'still_waiting' });
    expect(textReport(judged)).toMatch(
      /\n {2}stopped early with \d+ messages under way, the oldest for .* m?s\n/,
    );
  });

  it('should say that its target hung before the first message', async () => {
    const stopping = new AbortController();
    await using peer = await tcpPeer((socket) => void socket.once('data', () => stopping.abort()));
    const url = `echo+tcp://127.0.0.1:${peer.port}?timeout=10m`;
    const result = await load(url, {}, { signal: stopping.signal });
    expect(result.interruptedIn?.stage).toBe('preflight');
    expect(textReport(judgeLoad(result, [], 0.5))).toMatch(
      /interrupted before the first message: the exchange before the load, which shows whether the target replies, was under way for .*s\n/,
    );
  });
});
