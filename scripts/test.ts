/**
 * `npm test`: every test of the repository; arguments go to vitest. The last line printed is
 * `N passed, N failed, N skipped`.
 */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { parseCLI, startVitest } from 'vitest/node';

const { filter, options } = parseCLI(['vitest', ...process.argv.slice(2)]);
const vitest = await startVitest('test', filter, { ...options, watch: false });
await vitest.close();

const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
const broken = modules.filter(
  (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
);
for (const module of modules) {
  const skipped = [...module.children.allTests('skipped')].length;
  const path = relative(process.cwd(), module.moduleId);
  if (skipped > 0) console.log(styleText('yellow', `SKIPPED ${skipped} of ${path}`));
}
const failed = count('failed') + broken.length + vitest.state.getUnhandledErrors().length;
console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`);
process.exitCode = failed === 0 && count('passed') > 0 ? 0 : 1;
