import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemPath } from './system-path.ts';

/** The full path of a program, or undefined where this machine lacks it. */
export function findProgram(name: string): string | undefined {
  const folders = systemPath.split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Why the tests that need a program can't run here, for `skipFor`; undefined where they can. */
export function programProblem(name: string, debianPackage = name): string | undefined {
  if (findProgram(name) !== undefined) return undefined;
  return `${name} is not on this machine; install it (Debian package ${debianPackage})`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why nothing can be measured with the load generator of the bench here, for `skipFor`; undefined where it can. */
export const generatorProblem =
  process.platform === 'linux' ? programProblem('cc', 'gcc') : 'the load generator needs epoll, so Linux';
