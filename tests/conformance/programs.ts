import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { styleText } from 'node:util';
import { systemPath } from '../harness/system-path.ts';

/** The full path of a program, or undefined where this machine lacks it. */
export function findProgram(name: string): string | undefined {
  const folders = systemPath.split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Whether the tests that need a program can run. Where it is missing they are skipped, with a line that nobody
 * overlooks.
 *
 * @throws Error instead if REQUIRE_DOCKER=1, which stands for a machine that has all that the tests need
 */
export function hasProgram(name: string, debianPackage: string): boolean {
  if (findProgram(name) !== undefined) return true;
  const message = `${name} is not on this machine; install it (Debian package ${debianPackage})`;
  if (process.env.REQUIRE_DOCKER === '1') throw new Error(message);
  console.warn(styleText('yellow', `SKIPPED the tests with ${name}: ${message}`));
  return false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
