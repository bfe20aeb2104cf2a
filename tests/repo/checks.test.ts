import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './tracked-files.ts';

it.each([
  ['tsc', ['--pretty', 'false']],
  ['biome', ['check', '--colors=off']],
])('should pass %s', { timeout: 120_000 }, (program, args) => {
  const bin = join(root, 'node_modules', '.bin', program);
  const { status, stdout, stderr, error } = spawnSync(bin, args, { cwd: root, encoding: 'utf8' });
  expect(error).toBeUndefined();
  expect(status, `${program} says\n${stdout}\n${stderr}`).toBe(0);
});
