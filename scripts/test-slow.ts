/** `npm run test:slow`: finds tests whose result is different on a slow machine. */
import { changesOf } from './test-slow/comparison.ts';
import { readOptions, type SlowOptions } from './test-slow/options.ts';
import { isSame, linesOf, type ModeReport } from './test-slow/report.ts';
import { slowModes } from './test-slow/slow-modes.ts';
import { runTests } from './test-slow/test-run.ts';

const [EXIT_CHANGED, EXIT_USAGE, EXIT_INTERRUPTED] = [1, 2, 130];
const MINUTE_MS = 60_000;
const MAX_PLAIN_MS = 90 * MINUTE_MS;
/** How many times longer a slow run may take. 20 % of one core instead of two cores alone makes it ten times. */
const MAX_SLOWDOWN = 20;

const HELP = `Runs the tests, runs them again on a slowed machine, and reports each test whose result is different.

usage: npm run test:slow -- [--mode MODE]... [FOLDER]...

  --mode MODE  only this way to be slow, one of
${slowModes.map(({ name, description }) => `               ${name.padEnd(8)}  ${description}`).join('\n')}
  FOLDER       only the tests in there; what else npm test takes is handed on, too

What is made slow is the tests and what they start, not a container engine.

Exit codes: 0 all tests had the same result, 1 some did not or no mode could be tried, 2 usage.`;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(HELP);
    return 0;
  }
  const names = slowModes.map(({ name }) => name);
  let options: SlowOptions;
  try {
    options = readOptions(args, names);
  } catch (error) {
    console.error(`test:slow: ${(error as Error).message}\nRun with --help for what there is.`);
    return EXIT_USAGE;
  }
  const reports = await tryModes(options, interruption.signal);
  console.log(['', ...reports.flatMap(linesOf)].join('\n'));
  if (interruption.signal.aborted) return EXIT_INTERRUPTED;
  return isSame(reports) ? 0 : EXIT_CHANGED;
}

async function tryModes(
  { modes, testArgs }: SlowOptions,
  signal: AbortSignal,
): Promise<readonly ModeReport[]> {
  const plain = await runTests({ launcher: [], args: testArgs, maxMs: MAX_PLAIN_MS, signal });
  const maxMs = MINUTE_MS + Math.ceil(MAX_SLOWDOWN * plain.seconds * 1_000);
  const reports: ModeReport[] = [];
  for (const { name, description, problem: findProblem, begin } of slowModes) {
    if (!modes.includes(name) || signal.aborted) continue;
    const problem = findProblem();
    if (problem !== undefined) {
      reports.push({ mode: name, problem });
      continue;
    }
    console.log(`\n${name}: ${description}`);
    await using slowness = begin();
    const slow = await runTests({ launcher: slowness.launcher, args: testArgs, maxMs, signal });
    reports.push({ mode: name, slow, changes: changesOf(plain, slow) });
  }
  return reports;
}
