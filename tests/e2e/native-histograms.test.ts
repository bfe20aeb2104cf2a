import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdmin } from '../../packages/runtime/src/admin/server.ts';
import { SharedMetrics } from '../../packages/runtime/src/exposition/shared-metrics.ts';
import { Lifecycle } from '../../packages/runtime/src/lifecycle.ts';
import type { Supervisor } from '../../packages/runtime/src/supervisor.ts';
import { CounterBlock } from '../../packages/worker/src/index.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/free-port.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { docker, engineProblem, runDocker } from './engine.ts';
import { projectName } from './images.ts';
import { PrometheusApi } from './prometheus-api.ts';
import { image } from './promtool.ts';

const container = projectName('native-histograms');
const START_TIMEOUT_MS = 120_000;
const SCRAPED_TIMEOUT_MS = 90_000;
/** A bucket of schema 3 ends at 2^(1/8) times its start. */
const BUCKET_ERROR = 2 ** (1 / 8) - 1;

describe('Prometheus with native histograms', skipFor(engineProblem), () => {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-native-histograms-'));
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  let known: FastifyInstance;
  let probe: ServiceProcess;
  let prometheus: PrometheusApi;

  beforeAll(async () => {
    await runDocker(['rm', '--force', '--volumes', container]);
    known = adminOfKnownTimes();
    const knownUrl = await known.listen({ host: '127.0.0.1', port: 0 });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port: echoPort } = echo.address() as AddressInfo;
    const settings = { TARGETS: `echo+tcp://127.0.0.1:${echoPort}?name=tcp`, INTERVAL: '50ms' };
    probe = await ServiceProcess.start('load-probe', settings);
    const jobs = { known: knownUrl, probe: probe.adminUrl };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration(jobs)));
    // The image runs as another user, who must be able to read it.
    chmodSync(folder, 0o755);
    const port = await freePort();
    const own = ['--name', container, '--network', 'host'];
    const address = `127.0.0.1:${port}`;
    await docker([
      ...['run', '--detach', ...own, '--volume', `${folder}:/etc/prometheus:ro`, image],
      ...['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'],
      ...[`--web.listen-address=${address}`, '--enable-feature=native-histograms'],
    ]);
    prometheus = new PrometheusApi(address);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await runDocker(['rm', '--force', '--volumes', container]);
    await probe?.[Symbol.asyncDispose]();
    await known?.close();
    echo.close();
    rmSync(folder, { recursive: true });
  }, START_TIMEOUT_MS);

  async function numberOf(query: string): Promise<number> {
    const [series] = await prometheus.query(query);
    return Number(series?.value[1]);
  }

  it('should have the quantiles of known times, as exactly as its buckets are', {
    timeout: SCRAPED_TIMEOUT_MS,
  }, async () => {
    await eventually(
      async () => expect(await numberOf('histogram_count(known_seconds)')).toBe(1_000),
      SCRAPED_TIMEOUT_MS,
    );
    expect(await numberOf('histogram_sum(known_seconds)')).toBeCloseTo(500.5);
    for (const quantile of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const found = await numberOf(`histogram_quantile(${quantile}, known_seconds)`);
      expect(Math.abs(found / quantile - 1), `${quantile}: ${found}`).toBeLessThan(BUCKET_ERROR);
    }
    expect(await numberOf('histogram_fraction(0, 0.25, known_seconds)')).toBeCloseTo(0.25, 2);
    expect(await prometheus.query('known_seconds_bucket')).toEqual([]);
  });

  it('should take the histograms, the counters and the process of the probe', {
    timeout: SCRAPED_TIMEOUT_MS,
  }, async () => {
    await eventually(async () => {
      const count = await numberOf('histogram_count(l4_probe_rtt_seconds{target="tcp"})');
      expect(count).toBeGreaterThan(10);
      const samples = await numberOf('l4_probe_samples_total{target="tcp",outcome="ok"}');
      expect(samples).toBeGreaterThanOrEqual(count - 20);
      const median = await numberOf('histogram_quantile(0.5, rate(l4_probe_rtt_seconds{target="tcp"}[1m]))');
      expect(median).toBeGreaterThan(0);
      expect(median).toBeLessThan(2);
      expect(await numberOf('process_start_time_seconds{job="probe"}')).toBeGreaterThan(1e9);
      expect(await numberOf('sum(scrape_samples_scraped{job="probe"})')).toBeGreaterThan(50);
    }, SCRAPED_TIMEOUT_MS);
  });
});

/** The admin application of a service that has measured 1 ms, 2 ms and so on to 1 s. */
function adminOfKnownTimes(): FastifyInstance {
  const scale = { bounds: [0.1, 1], octaves: { from: -12, to: 2 } };
  const declare = (block: CounterBlock) => block.histogram('known_seconds', 'Known times.', scale);
  const layout = new CounterBlock();
  declare(layout);
  const memory = new SharedArrayBuffer(layout.byteLength);
  const histogram = declare(new CounterBlock(memory));
  for (let milliseconds = 1; milliseconds <= 1_000; milliseconds += 1)
    histogram.observe(milliseconds / 1_000);
  const shared = new SharedMetrics();
  shared.add({ families: layout.families, memories: [memory] });
  return openAdmin({
    service: { name: 'known', version: '0' },
    log: pino({ level: 'silent' }),
    lifecycle: new Lifecycle(),
    supervisor: {} as Supervisor,
    metrics: { registry: new Registry(), shared },
    faults: { name: 'none' },
  });
}

/** @param jobs their URLs */
function configuration(jobs: Readonly<Record<string, string>>) {
  return {
    global: { scrape_interval: '1s' },
    scrape_configs: Object.entries(jobs).map(([job_name, url]) => ({
      job_name,
      static_configs: [{ targets: [new URL(url).host] }],
    })),
  };
}
