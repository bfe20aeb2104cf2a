/**
 * `npm run bench`: measures the services side by side with other servers. Exit codes: 0 measured, 1 nothing could be
 * measured or a goal of --gate was missed, 2 usage.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@echo-daytime/runtime';
import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import {
  describeCompilers,
  describeMachine,
  load,
  type Pinning,
  pinningOfThisMachine,
  raiseFileLimit,
} from './machine.ts';
import { type BenchOptions, readOptions, usage } from './options.ts';
import { enterOwnNetwork } from './own-network.ts';
import { buildPrograms, CannotMeasureError } from './programs.ts';
import { updateResultsPage } from './results-page.ts';
import { runWorkload, type WorkloadResult } from './rounds.ts';
import { describeGenerator, describeWorkload, missedGoals } from './table.ts';
import type { Workload } from './workloads.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** More running or waiting processes than this before the bench affect the figures. */
const BUSY_LOAD = 0.5;
const PAGE = new URL('../docs/performance.md', import.meta.url);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  onStopSignals(() => interruption.abort());
  try {
    const options = readOptions(args);
    if (options.help) console.log(usage());
    else return await measure(options, args, interruption.signal);
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return EXIT_FAILED;
    if (error instanceof CannotMeasureError) {
      console.error(`bench: ${error.message}`);
      return EXIT_FAILED;
    }
    if (!(error instanceof ConfigError)) throw error;
    console.error(`bench: ${error.problems.join('\nbench: ')}\nRun with --help for every flag.`);
    return EXIT_USAGE;
  }
}

async function measure(options: BenchOptions, args: readonly string[], signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'echo-daytime-bench-'));
  try {
    const pinning = pinningOfThisMachine();
    const shared = enterOwnNetwork();
    const before = preamble(options, args, pinning, shared);
    console.log(before);
    const progress = (line: string): void => console.error(`bench: ${line}`);
    if (!raiseFileLimit()) progress('the limit on open files stays as it is: this user may not raise it');
    progress('compiling the generator and the reference servers');
    const programs = await buildPrograms(
      folder,
      new Set(options.workloads.filter(hasReference).map(({ service }) => service)),
      options.before,
    );
    const results: WorkloadResult[] = [];
    for (const workload of options.workloads) {
      if (workload.needsOwnNetwork && shared !== undefined) {
        console.log(
          `\n### ${workload.id}\n\nskipped: it opens more connections than the network of the machine may take, and there is no other: ${shared}`,
        );
        continue;
      }
      const result = await runWorkload(workload, programs, pinning, { ...options, signal, progress });
      console.log(`\n${describeWorkload(result)}`);
      results.push(result);
    }
    const missed = missedGoals(results);
    const after = `${describeGenerator(results)}\n\n${missed === 0 ? 'No goal was missed.' : `Goals missed: ${missed}.`}`;
    console.log(`\n${after}`);
    if (options.updateDocs) {
      updateResultsPage(PAGE, [before, ...results.map(describeWorkload), after].join('\n\n'));
    }
    return options.gate && missed > 0 ? EXIT_FAILED : 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether servers of others are measured, which have to be compiled. */
function hasReference({ contenders }: Workload): boolean {
  return contenders.some(({ server }) => server !== 'ours' && server !== 'before');
}

/** The notes above the figures. */
function preamble(
  { runs, seconds }: BenchOptions,
  args: readonly string[],
  { note }: Pinning,
  shared?: string,
): string {
  const busy = load();
  return [
    `- command: \`${['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')}\`, ${new Date().toISOString().slice(0, 10)}`,
    `- machine: ${describeMachine()}`,
    `- compilers: ${describeCompilers()}`,
    `- placement: ${note}`,
    `- network: ${shared === undefined ? 'one of its own, without packet filters' : `that of the machine, with its packet filters, for ${shared}`}`,
    `- runs: ${runs} of ${seconds} s for each server, alternating, a fresh server each; medians, their ratio to ours, and the spread (least – most)`,
    '- ↑ more is better, ↓ less is better; a ratio above 1 is more than ours has',
    ...(busy > BUSY_LOAD ? [`- BUSY: ${busy.toFixed(1)} other processes ran or waited when this began`] : []),
  ].join('\n');
}
