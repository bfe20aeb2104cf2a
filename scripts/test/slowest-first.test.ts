import { expect, it } from 'vitest';
import { read, trackedFiles } from '../../tests/repo/tracked-files.ts';

it('should begin with files that exist', () => {
  const named = read('scripts/test/slowest-first.ts').match(/[\w/-]+\.test\.ts/g) ?? [];
  expect(named).not.toEqual([]);
  expect(named.filter((path) => !trackedFiles.includes(path))).toEqual([]);
});
