import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Paths of everything that is, or is about to be, part of the repository: tracked, or new and not ignored. */
export const trackedFiles: readonly string[] = execFileSync(
  'git',
  // A checkout that another user made, as in a container, is read all the same.
  ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));

const BINARY = /\.(png|ico|woff2?|gz)$/;

export const textFiles: readonly string[] = trackedFiles.filter((path) => !BINARY.test(path));

export const typeScriptFiles: readonly string[] = trackedFiles.filter((path) => path.endsWith('.ts'));

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
