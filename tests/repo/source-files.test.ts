import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { quick } from '../../vitest.config.ts';
import { read, root, textFiles, trackedFiles } from './tracked-files.ts';

const MAX_LINES = 350;
/** Data and prose are as long as they are. */
const UNBOUNDED = /\.(json|md)$/;
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

it(`should have no file of more than ${MAX_LINES} lines`, () => {
  const long = textFiles
    .filter((path) => !UNBOUNDED.test(path))
    .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  expect(long).toEqual([]);
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
