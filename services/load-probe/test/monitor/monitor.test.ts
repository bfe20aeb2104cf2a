import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../../tests/harness/metrics.ts';
import type { HistoryDocument, StatusDocument } from '../../src/monitor/status/types.ts';
import { flowDeathCauses } from '../../src/targets/flow.ts';
import { echoing, freeUdpPort, type Peer, tcpPeer, udpPeer } from '../peers.ts';
import { type Monitor, startMonitor } from '../program.ts';
import { type ProbeEvent, readEvents } from './sse.ts';

const INTERVAL_MS = 100;
const FREEZE_MS = 800;
const CLOCK_SHIFT_MS = 60_000;
const LINE = 'Friday, November 20, 2026 07:13:05-UTC\r\n';

describe('monitor', () => {
  let peers: Peer[];
  let deadPort: number;
  let monitor: Monitor;

  beforeAll(async () => {
    peers = [
      await tcpPeer(echoing),
      await udpPeer((bytes, reply) => reply(bytes)),
      await tcpPeer((socket) => socket.end(LINE)),
      await udpPeer((_bytes, reply) => reply(Buffer.from(LINE))),
      await tcpPeer((socket) =>
        socket.on('data', () => socket.write(`${Date.now() + CLOCK_SHIFT_MS}000000\n`)),
      ),
    ];
    deadPort = await freeUdpPort();
    const [tcp, udp, dayTcp, dayUdp, session] = peers.map(({ port }) => port);
    monitor = await startMonitor({
      TARGETS:
        `echo+tcp://127.0.0.1:${tcp}?name=tcp, echo+udp://127.0.0.1:${udp}?name=udp&flow=both ` +
        `daytime+tcp://127.0.0.1:${dayTcp}?name=day+tcp,daytime+udp://127.0.0.1:${dayUdp}?name=day+udp ` +
        `echo+udp://127.0.0.1:${deadPort} session+tcp://127.0.0.1:${session}?name=session&flow=sticky`,
      INTERVAL: `${INTERVAL_MS}ms`,
      // Long timeouts, so that no target fails on a slow machine.
      TIMEOUT: '30s',
      WORKERS: '2',
    });
  });
  afterAll(async () => {
    await monitor?.stop();
    for (const peer of peers ?? []) await peer[Symbol.asyncDispose]();
  });

  async function eventsUntil(done: (event: ProbeEvent) => boolean): Promise<ProbeEvent[]> {
    const aborting = new AbortController();
    const events: ProbeEvent[] = [];
    for await (const event of readEvents(`${monitor.url}/api/events`, aborting.signal)) {
      events.push(event);
      if (done(event)) break;
    }
    aborting.abort();
    return events;
  }

  const isJudged = (event: ProbeEvent): boolean =>
    event.event === 'status' && event.data.targets.every(({ state }) => state !== 'pending');

  it('should stream the state of every target', async () => {
    const events = await eventsUntil(isJudged);
    expect(events.slice(0, 2).map(({ event }) => event)).toEqual(['status', 'buckets']);
    const { data } = events.at(-1) as { data: StatusDocument };
    expect(data.probe).toMatchObject({ version: '0.1.0' });
    const states = data.targets.map(({ id, state }) => [id, state]);
    expect(states).toEqual([
      ['tcp', 'up'],
      ['udp', 'up'],
      ['udp (sticky)', 'up'],
      ['day tcp', 'up'],
      ['day udp', 'up'],
      [`echo+udp://127.0.0.1:${deadPort}`, 'down'],
      ['session', 'up'],
    ]);
    expect(data.targets[2]).toMatchObject({ name: 'udp', flow: 'sticky' });
    expect(data.targets[5]?.failures[0]).toMatchObject({
      outcome: 'refused',
      detail: `nothing listens on 127.0.0.1:${deadPort} (ECONNREFUSED)`,
    });
    expect(data.targets[5]?.window.lossRatio).toBe(1);
    expect(data.targets[0]).toMatchObject({
      protocol: 'echo-tcp',
      flow: 'fresh',
      intervalMs: 100,
      clock: null,
    });
    const { offsetMs = 0, errorMs = 0 } = data.targets[6]?.clock ?? {};
    // The clock of that peer has whole milliseconds.
    expect(Math.abs(offsetMs - CLOCK_SHIFT_MS)).toBeLessThanOrEqual(errorMs + 1);
  });

  it('should stream a bucket for each second; a newer bucket of a second replaces the older', async () => {
    let statuses = 0;
    const events = await eventsUntil(({ event }) => event === 'status' && ++statuses === 3);
    const seconds = new Map<number, number>();
    for (const { event, data } of events) {
      if (event !== 'buckets') continue;
      for (const { from, samples } of data.buckets.tcp ?? []) seconds.set(from, samples);
    }
    expect([...seconds.keys()].filter((from) => from % 1_000 !== 0)).toEqual([]);
    const { targets } = events.at(-1)!.data as StatusDocument;
    const counted = Object.values(targets[0]!.outcomes).reduce((sum, count) => sum + count, 0);
    expect(counted).toBeGreaterThan(0);
    // The buckets of a moment come before its status.
    expect(seconds.values().reduce((sum, samples) => sum + samples, 0)).toBe(counted);
  });

  it('should give one target with its samples, by name or by URL', async () => {
    await eventsUntil(isJudged);
    const url = `${monitor.url}/api/targets/${encodeURIComponent('day tcp')}`;
    const day = await (await fetch(url)).json();
    expect(day).toMatchObject({ version: 2, target: { name: 'day tcp', state: 'up' } });
    expect(day.samples.length).toBeGreaterThan(0);
    expect(day.samples[0]).toHaveProperty('rttMs');
    const name = `echo+udp://127.0.0.1:${deadPort}`;
    for (const path of [name, encodeURIComponent(name)]) {
      const response = await fetch(`${monitor.url}/api/targets/${path}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ target: { name, state: 'down' } });
    }
  });

  it('should give the history of a series in equal buckets', async () => {
    await eventsUntil(isJudged);
    const id = encodeURIComponent('udp (sticky)');
    const answer = await fetch(`${monitor.url}/api/targets/${id}?span=10m&buckets=60`);
    const history: HistoryDocument = await answer.json();
    expect(history).toMatchObject({
      version: 2,
      spanMs: 600_000,
      target: { id: 'udp (sticky)', name: 'udp' },
    });
    expect(history.buckets).toHaveLength(60);
    const { from = 0, samples = 0, outcomes: counts, p50Ms, maxMs } = history.buckets.at(-1) ?? {};
    expect(from % 10_000).toBe(0);
    expect(history.now - from).toBeLessThan(10_000);
    const taken = history.buckets.reduce((sum, bucket) => sum + bucket.samples, 0);
    expect(taken).toBeGreaterThan(0);
    if (samples > 0) {
      expect(counts?.ok).toBeGreaterThan(0);
      expect(maxMs).toBeGreaterThanOrEqual(p50Ms ?? Number.NaN);
    }
    expect((await (await fetch(`${monitor.url}/api/targets/udp?span=6h`)).json()).buckets).toHaveLength(120);
  });

  it('should explain invalid parameters of a history', async () => {
    const ask = async (query: string): Promise<unknown> => {
      const response = await fetch(`${monitor.url}/api/targets/udp?${query}`);
      return [response.status, (await response.json()).error];
    };
    expect(await ask('span=2h&buckets=0')).toEqual([
      400,
      'span=2h must be one of 10m, 1h, 6h; buckets=0 must be a whole number from 1 to 2000',
    ]);
    expect(await ask('buckets=10')).toEqual([400, 'buckets needs a span to divide, such as span=1h']);
    expect(await ask('spam=1h')).toEqual([
      400,
      'there is no parameter spam; the parameters are span and buckets',
    ]);
    expect((await fetch(`${monitor.url}/api/targets/nobody?span=1h`)).status).toBe(404);
  });

  it('should list the targets when an unknown one is requested', async () => {
    const response = await fetch(`${monitor.url}/api/targets/nobody`);
    expect(response.status).toBe(404);
    const { error, targets } = await response.json();
    expect(error).toBe('there is no target nobody');
    expect(targets).toContain('day udp');
  });

  it('should count its samples in the metrics', async () => {
    await eventsUntil(isJudged);
    const scrape = async () => (await fetch(`${monitor.url}/metrics`)).text();
    const before = await scrape();
    const metrics = await scrape();
    const after = await scrape();
    const labels = 'target="tcp",protocol="echo-tcp",flow="fresh"';
    const value = (series: string, at = metrics): number => {
      const line = at.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      if (!line) throw new Error(`no series ${series}`);
      return Number(line.slice(series.length + 1));
    };
    const ok = value(`l4_probe_samples_total{${labels},outcome="ok"}`);
    expect(ok).toBeGreaterThan(0);
    // The worker counts on meanwhile, so each count lies between its values in an earlier and a later scrape.
    const okIn = (at: string) => value(`l4_probe_samples_total{${labels},outcome="ok"}`, at);
    const takenIn = (at: string) =>
      parseMetrics(at).sum('l4_probe_samples_total', { target: 'tcp', flow: 'fresh' });
    const expectBooked = (count: number): void => {
      expect(count).toBeGreaterThanOrEqual(okIn(before));
      expect(count).toBeLessThanOrEqual(takenIn(after));
    };
    expectBooked(value(`l4_probe_rtt_seconds_count{${labels}}`));
    expect(value(`l4_probe_up{${labels}}`)).toBe(1);
    for (const phase of ['connect', 'first_byte']) {
      expectBooked(value(`l4_probe_phase_seconds_count{${labels},phase="${phase}"}`));
    }
    expect(metrics).not.toContain(`${labels},phase="dns"`);
    const dead = `target="echo+udp://127.0.0.1:${deadPort}",protocol="echo-udp",flow="fresh"`;
    expect(value(`l4_probe_up{${dead}}`)).toBe(0);
    expect(value(`l4_probe_samples_total{${dead},outcome="refused"}`)).toBeGreaterThan(0);
    expect(value(`l4_probe_duplicates_total{${dead}}`)).toBe(0);
    expect(value(`l4_probe_reordered_total{${dead}}`)).toBe(0);
    expect(value('l4_probe_schedule_lag_seconds_count')).toBeGreaterThanOrEqual(ok);
    // Jitter has one value less than there are neighbouring samples.
    expect(value(`l4_probe_jitter_seconds_count{${labels}}`)).toBeLessThan(takenIn(after));
    expect(value(`l4_probe_jitter_seconds_count{${labels}}`)).toBeGreaterThan(0);
    for (const flow of ['fresh', 'sticky']) {
      const samples = `l4_probe_samples_total{target="udp",protocol="echo-udp",flow="${flow}",outcome="ok"}`;
      expect(value(samples)).toBeGreaterThan(0);
    }
    for (const cause of flowDeathCauses) {
      const sticky = `target="udp",protocol="echo-udp",flow="sticky",cause="${cause}"`;
      expect(value(`l4_probe_flow_age_at_death_seconds_count{${sticky}}`)).toBe(0);
    }
    const session = 'target="session",protocol="session-tcp",flow="sticky"';
    const error = value(`l4_probe_clock_error_seconds{${session}}`);
    expect(error).toBeGreaterThan(0);
    const offset = value(`l4_probe_clock_offset_seconds{${session}}`);
    expect(Math.abs(offset - CLOCK_SHIFT_MS / 1_000)).toBeLessThanOrEqual(error + 0.001);
  });

  it('should serve the page with its scripts as JavaScript and nothing from elsewhere', async () => {
    const page = await fetch(`${monitor.url}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    // Below a path of a proxy: every address is relative, and none leads out of that path.
    const below = new URL('http://proxy/probes/echo/');
    const served = new Map([[below.href, await page.text()]]);
    for (const [from, text] of served) {
      for (const [, name = ''] of text.matchAll(
        /(?:src=|link[^>]*href=|\b(?:from|import) ?)["']([.][^"']*)["']/g,
      )) {
        const { href } = new URL(name, from);
        if (served.has(href)) continue;
        expect(href.startsWith(below.href), href).toBe(true);
        const response = await fetch(monitor.url + href.slice(below.href.length - 1));
        expect(response.status, href).toBe(200);
        const isScript = /\.(ts|js)$/.test(href);
        expect(response.headers.get('content-type')?.startsWith('text/javascript'), href).toBe(isScript);
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        served.set(href, isScript ? await response.text() : '');
      }
    }
    expect([...served.keys()]).toEqual(
      expect.arrayContaining([`${below}ui/vendor/uplot.js`, `${below}src/stats/format.ts`]),
    );
    expect((await fetch(`${monitor.url}/ui/words/words.test.ts`)).status).toBe(404);
  });

  it('should report that it was frozen itself, and blame no target', async () => {
    const before = (await eventsUntil(isJudged)).at(-1) as { data: StatusDocument };
    const lateOf = ({ targets }: StatusDocument) =>
      targets.map(({ outcomes: { prober_late } }) => prober_late);
    monitor.signal('SIGSTOP');
    await delay(FREEZE_MS);
    monitor.signal('SIGCONT');
    const due = FREEZE_MS / INTERVAL_MS;
    const isBooked = (event: ProbeEvent): boolean =>
      event.event === 'status' &&
      lateOf(event.data).every((late, index) => late >= lateOf(before.data)[index]! + due - 2);
    const { data } = (await eventsUntil(isBooked)).at(-1) as { data: StatusDocument };
    expect(data.probe.trusted).toBe(false);
    expect(data.probe.scheduleLagMs).toBeGreaterThan(FREEZE_MS - 2 * INTERVAL_MS);
    for (const target of data.targets.filter(({ url }) => !url.endsWith(`:${deadPort}`))) {
      expect(target.state).toBe('up');
      expect(target.outcomes.ok + target.outcomes.prober_late).toBe(
        Object.values(target.outcomes).reduce((sum, count) => sum + count, 0),
      );
      expect(target.failures).toEqual([]);
    }
  });

  it('should be ready, write nothing to standard error and stop with open event streams', async () => {
    expect((await fetch(`${monitor.url}/readyz`)).status).toBe(200);
    const stream = readEvents(`${monitor.url}/api/events`, AbortSignal.timeout(15_000));
    await stream.next();
    const stopped = monitor.stop();
    // The server closes the stream.
    const rest: ProbeEvent[] = [];
    await (async () => {
      for await (const event of stream) rest.push(event);
    })().catch((error: Error) => expect(error.message).toBe('terminated'));
    expect(await stopped).toBe(0);
    expect(monitor.stderr()).toBe('');
  });
});
