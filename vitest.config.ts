import { configDefaults, defineConfig } from 'vitest/config';
import { V8_FLAGS } from './packages/linux/src/v8-flags.ts';
import { systemPath } from './tests/harness/system-path.ts';

/**
 * What measures tells of nothing but the other tests where it runs beside them; what replaces a module replaces it for
 * all files of its process.
 */
export const alone = [
  'services/load-probe/test/network/names.test.ts',
  'tests/e2e/fleet.test.ts',
  'tests/rolling/during.test.ts',
  'tests/rolling/replacement.test.ts',
];

/**
 * One process has all of them: what they ask for, a browser, rendered manifests and the keys of every service, is dear to
 * get.
 */
const sharing = ['tests/kubernetes/**/*.test.ts', 'services/load-probe/test/page/*.test.ts'];

/** `npm test -- --quick`: beside the source, and what has its sockets in its own process. */
export const quick = [
  '{packages,services}/*/{src,ui}/**/*.test.ts',
  'packages/{linux,sockets}/test/*.test.ts',
];

/** For programs under test, which the quick part does not start. */
const globalSetup = 'tests/harness/bundles.ts';

export default defineConfig({
  test: {
    execArgv: ['--disable-warning=ExperimentalWarning', ...V8_FLAGS],
    env: { PATH: systemPath },
    setupFiles: ['tests/harness/poison-reads.ts'],
    // Who has not ended by then hangs: none takes 20 s, and a busy machine may be ten times slower.
    testTimeout: 200_000,
    hookTimeout: 200_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: quick,
          // A process for each file costs more than all of these tests.
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{packages,services,scripts,bench}/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...alone, ...quick, ...sharing],
          globalSetup,
          // Three processes have all of them: one for each file takes half a second more of a core.
          isolate: false,
          // Most of a test is waiting: with a process for each core, half of two cores stands idle.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'sharing',
          include: sharing,
          globalSetup,
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, globalSetup, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
