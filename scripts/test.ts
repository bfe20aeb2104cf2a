/**
 * `npm test`: every test of the repository; arguments go to vitest. The last line printed is
 * `N passed, N failed, N skipped`.
 */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { startVitest } from 'vitest/node';

const vitest = await startVitest('test', process.argv.slice(2), { watch: false });
await vitest.close();

const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
const broken = modules.filter(
  (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
);
for (const test of tests.filter((candidate) => candidate.result().state === 'skipped')) {
  console.log(
    styleText('yellow', `SKIPPED ${relative(process.cwd(), test.module.moduleId)}: ${test.fullName}`),
  );
}
const failed = count('failed') + broken.length + vitest.state.getUnhandledErrors().length;
console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`);
process.exitCode = failed === 0 && tests.length > 0 ? 0 : 1;
