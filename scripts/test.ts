/**
 * `npm test`: every test of the repository; `--quick` is the vitest project of that name alone, other arguments go to
 * vitest. The last line printed is `N passed, N failed, N skipped`.
 */
import { parseCLI, startVitest, type TestModule } from 'vitest/node';
import { closingLines, exitCodeOf, type FinishedRun } from './test/closing-lines.ts';
import { cpuSeconds } from './test/cpu-time.ts';
import { pathOf, resultsOf, resultsOfErrors } from './test/results.ts';

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const { filter, options } = parseCLI(['vitest', ...args.filter((arg) => arg !== '--quick')]);
if (isQuick) options.project = 'quick';
// A parent process with a channel, such as `npm run test:slow`, gets the results of each file when it ends.
const send = process.send?.bind(process);
if (send) options.reporters = ['default', { onTestModuleEnd: (module) => void send(resultsOf(module)) }];
const vitest = await startVitest('test', filter, { ...options, watch: false });
await vitest.close();

const modules = vitest.state.getTestModules();
const errors = resultsOfErrors(vitest.state.getUnhandledErrors());
const run: FinishedRun = {
  results: [...modules.flatMap(resultsOf), ...errors],
  files: modules.map((module) => ({ path: pathOf(module).join(), seconds: secondsOf(module) })),
  wallSeconds: performance.now() / 1_000,
  cpuSeconds: cpuSeconds(),
  isQuick,
  maySkip: process.env.REQUIRE_DOCKER !== '1',
};
for (const line of closingLines(run)) console.log(line);
process.exitCode = exitCodeOf(run);
send?.(errors);
process.disconnect?.();

/** From the start of its worker to the end of its last hook. */
function secondsOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic();
  return (environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration) / 1_000;
}
