/**
 * `node scripts/bootstrap.mjs bench/memory.ts [TARGETS [SECONDS]]`: the memory of a load probe with TARGETS targets, 5,000 by
 * default, half of them over TCP and half over UDP, each with a sample a second and six hours of history, of which each target
 * gets the past at the start. It is scraped every 5 s, and its page is open. Prints the resident set of the whole process for
 * SECONDS, 60 by default, and at last its maximum. It runs from its source, which takes more memory than the image.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { allocatorSettings } from '../tests/harness/allocator-settings.ts';
import { mainOfService, NODE } from '../tests/harness/main-module.ts';
import { parseMetrics } from '../tests/harness/metrics.ts';
import { ServiceProcess } from '../tests/harness/service-process.ts';
import { raiseFileLimit } from './machine.ts';

const SCRAPE_MS = 5_000;
const KIB_PER_MIB = 1_024;

const [, , targets = '5000', seconds = '60'] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-memory-'));
try {
  raiseFileLimit();
  await using echo = await ServiceProcess.start('echo', {
    MAX_CONNECTIONS_PER_SOURCE: '10000',
    RATE_PER_SOURCE: '0',
    LOG_LEVEL: 'info',
  });
  const urls = Array.from({ length: Number(targets) }, (_, index) => {
    const transport = index % 2 === 0 ? 'tcp' : 'udp';
    return {
      url: `echo+${transport}://127.0.0.1:${echo.port(`echo-${transport}`)}`,
      name: `target-${index}`,
    };
  });
  const file = join(folder, 'targets.yaml');
  writeFileSync(file, JSON.stringify({ targets: urls }));
  const filled = ['--import', new URL('filled-history.ts', import.meta.url).href];
  const env = { ...allocatorSettings, TARGETS_FILE: file, LOG_LEVEL: 'info' };
  const launcher = [...NODE, '--expose-gc', ...filled] as unknown as readonly [string, ...string[]];
  await using probe = new ServiceProcess(mainOfService('load-probe'), env, [], launcher);
  await probe.logged('listening');
  const page = await fetch(`${probe.adminUrl}/api/events`);
  void page.body?.pipeTo(new WritableStream()).catch(() => {});
  for (let passedMs = 0; passedMs < Number(seconds) * 1_000; passedMs += SCRAPE_MS) {
    await delay(SCRAPE_MS);
    const metrics = parseMetrics(await (await fetch(`${probe.adminUrl}/metrics`)).text());
    const samples = (outcome: string): number => metrics.sum('l4_probe_samples_total', { outcome });
    const { VmRSS } = memoryOf(probe);
    console.log(
      `${(passedMs + SCRAPE_MS) / 1_000} s: ${VmRSS} MiB, ${samples('ok')} ok, ${samples('prober_late')} late`,
    );
  }
  const [first] = urls;
  const history = await fetch(`${probe.adminUrl}/api/targets/${first?.name}?span=6h&buckets=120`);
  const { buckets } = (await history.json()) as { readonly buckets: readonly { readonly samples: number }[] };
  console.log(
    `${buckets.filter(({ samples }) => samples > 0).length} of 120 buckets of the first target have samples`,
  );
  console.log(`${targets} targets, six hours of history: at most ${memoryOf(probe).VmHWM} MiB`);
} finally {
  rmSync(folder, { recursive: true });
}

/** The resident set, now and at most, proc_pid_status(5). */
function memoryOf({ child: { pid } }: ServiceProcess): { readonly VmRSS: number; readonly VmHWM: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => {
    const [, kib = ''] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return Math.round(Number(kib) / KIB_PER_MIB);
  };
  return { VmRSS: field('VmRSS'), VmHWM: field('VmHWM') };
}
