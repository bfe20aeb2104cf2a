/**
 * `node scripts/bootstrap.mjs bench/scrape.ts [TARGETS [INTERVAL]]`: scrapes a load probe with TARGETS targets, 5,000 by
 * default, half of them over TCP and half over UDP, and a sample of each every INTERVAL, 1s by default. Prints for each
 * format how long a scrape takes, its CPU time, what became of the samples, and the longest turn of the control plane's
 * event loop; first without scrapes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Metrics, parseMetrics } from '../tests/harness/metrics.ts';
import { ServiceProcess } from '../tests/harness/service-process.ts';

const DEFAULT_TARGETS = 5_000;
const SCRAPES = 12;
/** Of each format, while the engine still compiles the code. */
const WARM_UP = 2;
/** Time for every target to be probed, and for the start to be over. */
const SETTLE_MS = 20_000;
const BETWEEN_MS = 2_000;
const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

const [, , targetsText, interval = '1s'] = process.argv;
const targets = Number(targetsText ?? DEFAULT_TARGETS);
if (!(Number.isSafeInteger(targets) && targets > 0)) {
  console.error(`scrape: TARGETS must be a whole number from 1, not ${targetsText}`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-scrape-'));
try {
  // All targets have one address.
  await using echo = await ServiceProcess.start('echo', {
    MAX_CONNECTIONS_PER_SOURCE: '10000',
    RATE_PER_SOURCE: '0',
    LOG_LEVEL: 'info',
  });
  const ports = { tcp: await echo.port('echo-tcp'), udp: await echo.port('echo-udp') };
  const urls = Array.from({ length: targets }, (_, index) => {
    const transport = index % 2 === 0 ? 'tcp' : 'udp';
    return { url: `echo+${transport}://127.0.0.1:${ports[transport]}`, name: `target-${index}` };
  });
  const file = join(folder, 'targets.yaml');
  writeFileSync(file, JSON.stringify({ targets: urls }));
  await using probe = await ServiceProcess.start('load-probe', {
    TARGETS_FILE: file,
    INTERVAL: interval,
    LOG_LEVEL: 'info',
  });
  await delay(SETTLE_MS);
  for (const [format, accept] of [
    ['not scraped', undefined],
    ['text', 'text/plain'],
    ['protobuf', PROTOBUF],
  ] as const) {
    const times: number[] = [];
    const cpuTimes: number[] = [];
    let [bytes, before] = [0, await metricsOf(probe)];
    for (let scrape = 0; scrape < SCRAPES; scrape += 1) {
      if (scrape === WARM_UP) before = await metricsOf(probe);
      const [start, cpuStart] = [performance.now(), controlPlaneMs(probe)];
      const answer = accept && (await fetch(`${probe.adminUrl}/metrics`, { headers: { accept } }));
      if (answer) bytes = (await answer.arrayBuffer()).byteLength;
      if (scrape >= WARM_UP) {
        times.push(performance.now() - start);
        cpuTimes.push(controlPlaneMs(probe) - cpuStart);
      }
      await delay(BETWEEN_MS);
    }
    print(format, bytes, { times, cpuTimes }, before, await metricsOf(probe));
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function metricsOf(probe: ServiceProcess): Promise<Metrics> {
  return parseMetrics(await (await fetch(`${probe.adminUrl}/metrics`)).text());
}

/** CPU time of the thread that answers scrapes, https://docs.kernel.org/scheduler/sched-stats.html */
function controlPlaneMs({ child: { pid } }: ServiceProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

interface Taken {
  readonly times: readonly number[];
  readonly cpuTimes: readonly number[];
}

function medianAndMax(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  return `${sorted[sorted.length >> 1]!.toFixed(0)} ms, at most ${sorted.at(-1)!.toFixed(0)} ms`;
}

/** The event loop's delay is that since the last scrape, so it covers the scrape before. */
function print(format: string, bytes: number, taken: Taken, before: Metrics, after: Metrics): void {
  const grown = (labels: Readonly<Record<string, string>>): number =>
    after.sum('l4_probe_samples_total', labels) - before.sum('l4_probe_samples_total', labels);
  console.log(
    `${format}: ${(bytes / 1e6).toFixed(1)} MB, took ${medianAndMax(taken.times)}, ` +
      `CPU ${medianAndMax(taken.cpuTimes)}, ` +
      `longest turn of the event loop ${(1_000 * after.value('nodejs_eventloop_lag_max_seconds')).toFixed(0)} ms, ` +
      `${grown({})} samples, ${grown({ outcome: 'ok' })} ok, ${grown({ outcome: 'prober_late' })} prober late`,
  );
}
