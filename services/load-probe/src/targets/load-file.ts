import { readFileSync } from 'node:fs';
import { conflictsIn, type FileProblem, parseTargetsFile, targetsOfFile } from './file.ts';
import type { CommonSettings, Target } from './target.ts';

/** @throws Error that completes "PATH …" */
export function readTargetsFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is none' : code;
    throw new Error(`must be a file that can be read: ${why}`);
  }
}

export interface LoadedFile {
  readonly targets: readonly Target[];
  readonly problems: readonly FileProblem[];
}

/**
 * The targets of a file with all their settings, or every problem of it.
 *
 * @throws Error that completes "PATH …" when it can't be read
 */
export function loadTargetsFile(path: string, settings: CommonSettings): LoadedFile {
  const { entries, problems } = parseTargetsFile(readTargetsFile(path));
  const all = problems.length > 0 ? problems : conflictsIn(entries, settings);
  return { targets: all.length > 0 ? [] : targetsOfFile(entries, settings), problems: all };
}
