/**
 * `npm run bench:probers`: how many samples a second one worker of the load probe sustains over UDP targets, with the
 * kernel's calls and with node:dgram, beside fping, which sends ICMP. Needs Linux and a C compiler, for fping root.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import { findProgram } from '../tests/harness/programs.ts';
import { describeMachine, load, pinningOfThisMachine, raiseFileLimit } from './machine.ts';
import { enterOwnNetwork } from './own-network.ts';
import { type MeasuredRate, measureFping, measureProbe, type ProberRun } from './prober-runs.ts';
import { buildPrograms } from './programs.ts';
import { startServer } from './servers.ts';

/** Of 100,000 samples this many may be prober_late: a timer of the system may stop any program for a moment. */
const MAX_LATE = 100;

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '2000,5000,10000,15000,20000,25000,30000' },
    seconds: { type: 'string', default: '10' },
    targets: { type: 'string', default: '1000' },
  },
});
const targets = Number(values.targets);
const seconds = Number(values.seconds);
const rates = values.rates.split(',').map(Number);

const interruption = new AbortController();
onStopSignals(() => interruption.abort());
const { signal } = interruption;
const folder = await mkdtemp(join(tmpdir(), 'echo-daytime-probers-'));
try {
  const shared = enterOwnNetwork();
  raiseFileLimit();
  const pinning = pinningOfThisMachine();
  const programs = await buildPrograms(folder, new Set(['udp-echo']));
  await using echo = await startServer('c', 'udp-echo', programs, pinning.generator);
  const targetsFile = join(folder, 'targets.yaml');
  const probe = (engine: 'batch' | 'dgram', flow: 'fresh' | 'sticky' | 'mixed'): ProberRun => ({
    name: `${engine}, ${flow}`,
    measure: async (rate, signal) => {
      const url = (index: number): string => {
        const flowOf = flow === 'mixed' ? (['fresh', 'sticky'] as const)[index % 2] : flow;
        return `echo+udp://127.0.0.1:${echo.port}?name=t${index}&flow=${flowOf}`;
      };
      const lines = Array.from({ length: targets }, (_, index) => `  - url: ${url(index)}`);
      const intervalUs = Math.round((targets / rate) * 1_000_000);
      await writeFile(
        targetsFile,
        `defaults:\n  interval: ${Math.max(1, Math.round(intervalUs / 1_000))}ms\ntargets:\n${lines.join('\n')}\n`,
      );
      return measureProbe({ programs, launcher: pinning.server, engine, targetsFile, seconds, signal });
    },
  });
  const runs: ProberRun[] = [
    ...(['sticky', 'fresh', 'mixed'] as const).flatMap((flow) => [
      probe('batch', flow),
      probe('dgram', flow),
    ]),
  ];
  const fping = findProgram('fping');
  if (fping !== undefined) {
    const measure = (rate: number, signal: AbortSignal): Promise<MeasuredRate> =>
      measureFping({ fping, launcher: pinning.server, targets, rate, seconds, signal });
    runs.push({ name: 'fping (ICMP)', measure });
  }
  console.log(
    [
      `- machine: ${describeMachine()}`,
      `- placement: ${pinning.note}`,
      `- network: ${shared === undefined ? 'one of its own' : `that of the machine: ${shared}`}; ${load().toFixed(1)} other processes ran or waited`,
      `- ${targets} targets, ${seconds} s each; sustained: none lost, at most ${MAX_LATE} of 100,000 late by the prober itself`,
      ...(fping === undefined
        ? ['- fping skipped: install fping (Debian package fping), or run .ci/machine/bench-tools.sh as root']
        : []),
      '',
      '| prober | sustained, samples/s | CPU per sample there | at the next rate |',
      '| --- | ---: | ---: | --- |',
    ].join('\n'),
  );
  for (const { name, measure } of runs) {
    let best: MeasuredRate | undefined;
    let failed = 'not measured';
    for (const rate of rates) {
      const measured = await measure(rate, signal);
      console.error(`probers: ${name}, ${rate}/s: ${JSON.stringify(measured)}`);
      if (!isSustained(measured)) {
        failed = `${rate}: ${measured.lost} lost, ${measured.late} late of ${measured.samples}`;
        break;
      }
      best = measured;
    }
    const [rate, cpu] = best ? [best.perSecond.toFixed(0), `${best.cpuUs.toFixed(1)} µs`] : ['–', '–'];
    console.log(`| ${name} | ${rate} | ${cpu} | ${failed} |`);
  }
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function isSustained({ lost, late, samples }: MeasuredRate): boolean {
  return samples > 0 && lost === 0 && late * 100_000 <= samples * MAX_LATE;
}
