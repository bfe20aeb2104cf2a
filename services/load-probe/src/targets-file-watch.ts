import { watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '@echo-daytime/runtime';
import { loadTargetsFile } from './load-targets-file.ts';
import type { CommonSettings, Target } from './target.ts';
import type { RosterChange } from './target-roster.ts';
import { describeProblems } from './targets-file.ts';

/** An editor and a ConfigMap both change a file in several steps. */
const SETTLE_MS = 200;

export interface WatchFileOptions {
  readonly path: string;
  readonly settings: CommonSettings;
  readonly log: Logger;
  /** Probes these from now on. */
  apply(targets: readonly Target[]): RosterChange;
}

/**
 * Follows a targets file. Its folder is watched and not the file: editors and ConfigMaps of Kubernetes put another
 * file in its place, by a rename or a symbolic link. A file that can't be used is logged once, and the targets stay.
 */
export function watchTargetsFile({ path, settings, log, apply }: WatchFileOptions): void {
  let timer: NodeJS.Timeout | undefined;
  let lastProblems = '';

  const reload = (): void => {
    const { targets, problems } = load(path, settings);
    if (problems.length > 0) {
      if (problems.join('\n') !== lastProblems) {
        log.error({ path, problems }, "targets file can't be used, its targets stay as they are");
      }
      lastProblems = problems.join('\n');
      return;
    }
    if (lastProblems !== '') log.info({ path }, 'targets file can be used again');
    lastProblems = '';
    const change = apply(targets);
    if (change.added.length + change.changed.length + change.removed.length > 0) {
      log.info({ path, ...change }, 'targets changed');
    }
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(reload, SETTLE_MS).unref();
  };
  const blind = (error: Error): void => {
    log.warn({ path, reason: error.message }, "changes of the targets file can't be followed");
  };
  try {
    watch(dirname(path), { persistent: false }, soon).on('error', blind);
  } catch (error) {
    blind(error as Error);
  }
  // It may have changed since it was first read.
  soon();
}

function load(
  path: string,
  settings: CommonSettings,
): { readonly targets: readonly Target[]; readonly problems: readonly string[] } {
  try {
    const { targets, problems } = loadTargetsFile(path, settings);
    return { targets, problems: describeProblems(problems) };
  } catch (error) {
    return { targets: [], problems: [(error as Error).message] };
  }
}
