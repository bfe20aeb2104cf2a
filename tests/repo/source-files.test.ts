import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { quick } from '../../vitest.config.ts';
import { read, root, textFiles, trackedFiles } from './tracked-files.ts';

const MAX_LINES = 300;
/** Data and prose are as long as they are. */
const UNBOUNDED = /\.(json|md)$/;
const MIN_LINES = 20;
const PROGRAM = /\.(ts|c|sh|mjs)$/;
/** May be short: what a program or a package begins with, a test beside its source, and what a test is given. */
const SHORT =
  /(^|\/)(index|main|service|([a-z]+-)?worker)\.ts$|\.test\.ts$|\/fixtures\/|^scripts\/[^/]+\.ts$/;
/** What else is short, and why it has a file of its own. */
const SHORT_FOR: Readonly<Record<string, readonly string[]>> = {
  'a listener, or the rows of all': [
    'services/daytime/src/daytime-tcp.ts',
    'services/echo/src/echo-udp.ts',
    'services/udp-daytime/src/listeners.ts',
  ],
  'a program for the bench, or what two of them share': [
    'bench/reference-servers/daytime-line.c',
    'bench/reference-servers/udp-daytime.c',
    'bench/reference-servers/udp-echo.c',
  ],
  'loaded by itself, without what would stand beside it': [
    'packages/linux/src/exit.ts',
    'services/load-probe/src/cli/force-exit.ts',
    'services/load-probe/src/program.ts',
    'tests/docs/without-npm.ts',
    'tests/harness/poison-reads.ts',
    'tests/harness/system-path.ts',
  ],
  'imported from several folders, which have no other file in common': [
    'packages/sockets/src/descriptors.ts',
    'packages/sockets/src/endpoint.ts',
    'packages/sockets/src/tcp/handler.ts',
    'services/load-probe/src/net/family.ts',
    'services/load-probe/src/sampling/syn-of-connection.ts',
    'services/load-probe/test/idle-timeout-peer.ts',
    'services/load-probe/ui/app/badge.ts',
    'services/load-probe/ui/target/slo-line.ts',
    'tests/harness/allocator-settings.ts',
    'tests/harness/collect-garbage.ts',
    'tests/harness/cpu-time.ts',
    'tests/harness/engines.ts',
    'tests/repo/services.ts',
  ],
  'one kind of thing, as its neighbours in the folder are': [
    'packages/sockets/src/tcp/connection-state.ts',
    'scripts/test/cpu-time.ts',
    'services/load-probe/src/stats/jitter.ts',
    'services/load-probe/ui/target/span-links.ts',
    'services/load-probe/ui/target/changes-card.ts',
    'services/load-probe/ui/words/responder-words.ts',
    'tests/kubernetes/policies/every-policy.ts',
  ],
  'types of modules that are not TypeScript': ['services/load-probe/ui/vendor.d.ts'],
};
/** At the root of the probe's source: an entry point or the like; all else is in a folder. */
const MAX_ROOT_FILES = 8;
/** Names that tools or readers expect as they are. */
const CONVENTIONAL = new Set([
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  'NOTICE',
  'Dockerfile',
]);
const KEBAB_CASE = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

const linesOf = (path: string): number => read(path).split('\n').length - 1;

it(`should have no file of more than ${MAX_LINES} lines`, () => {
  const long = textFiles.filter((path) => !UNBOUNDED.test(path) && linesOf(path) > MAX_LINES);
  expect(long).toEqual([]);
});

it(`should have no file of fewer than ${MIN_LINES} lines but those that are listed with a reason`, () => {
  const short = textFiles.filter(
    (path) => PROGRAM.test(path) && !SHORT.test(path) && linesOf(path) < MIN_LINES,
  );
  expect(short.sort()).toEqual(Object.values(SHORT_FOR).flat().sort());
});

it(`should have at most ${MAX_ROOT_FILES} files at the root of the source of the probe`, () => {
  const files = trackedFiles.filter((path) => /^services\/load-probe\/src\/[^/]+$/.test(path));
  expect(files).toContain('services/load-probe/src/main.ts');
  expect(files.length, files.join(', ')).toBeLessThanOrEqual(MAX_ROOT_FILES);
});

it('should name files and folders in kebab-case', () => {
  const parts = new Set(trackedFiles.flatMap((path) => path.split('/')));
  const wrong = [...parts].filter((part) => !CONVENTIONAL.has(part) && !KEBAB_CASE.test(part));
  expect(wrong).toEqual([]);
});

it('should have no place for what has no name', () => {
  const vague = /^(utils?|common|helpers?|shared|misc)(\.\w+)*$/;
  expect(trackedFiles.filter((path) => path.split('/').some((part) => vague.test(part)))).toEqual([]);
});

it('should put tests beside the source or into test folders, each named for what it shows', () => {
  const tests = trackedFiles.filter((path) => /\.test\.ts$/.test(path));
  const wrong = tests.filter(
    (path) => !/^(packages|services)\/[^/]+\/(src|ui|test)\/|^(tests\/[^/]+|scripts|bench)\//.test(path),
  );
  expect(wrong).toEqual([]);
  expect(trackedFiles.filter((path) => /\.(spec|tests)\.ts$/.test(basename(path)))).toEqual([]);
});

it('should start no service in the quick part of the tests', () => {
  const files = globSync(quick, { cwd: root });
  const starting = files.filter((path) => /harness\/(service-process|shell-program)\.ts/.test(read(path)));
  expect(starting, 'what starts a program stands in test/programs or in test of a service').toEqual([]);
  expect(files).not.toEqual([]);
});
