import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { root } from './tracked-files.ts';

/** The output goes into a message, not to a terminal. */
const plainOutput: Readonly<Record<string, readonly string[]>> = {
  tsc: ['--pretty', 'false'],
  biome: ['--colors=off'],
};

it.each(manifest.scripts.check.split(' && '))('should pass %s', (command) => {
  const [program = '', ...args] = command.split(' ');
  const { status, stdout, stderr, error } = spawnSync(
    join(root, 'node_modules', '.bin', program),
    [...args, ...(plainOutput[program] ?? [])],
    { cwd: root, encoding: 'utf8' },
  );
  expect(error).toBeUndefined();
  expect(status, `${command} says\n${stdout}\n${stderr}`).toBe(0);
});
