import { watchFile } from 'node:fs';
import type { Logger } from '@echo-daytime/runtime';
import type { TargetsChange } from '../monitor/assignments.ts';
import type { TargetsFileStatus } from '../monitor/status/types.ts';
import { describeProblems } from './file.ts';
import { loadTargetsFile } from './load-file.ts';
import type { CommonSettings, Target } from './target.ts';

/** How often the file is checked for changes. */
const CHECK_INTERVAL_MS = 500;
/** How long after a change the file is read: many programs write a file in several steps. */
const READ_DELAY_MS = 200;

export interface WatchFileOptions {
  readonly path: string;
  readonly settings: CommonSettings;
  readonly log: Logger;
  /** Probes these targets from now on. */
  apply(targets: readonly Target[]): TargetsChange;
  /** Receives the status of the file: at once, and whenever it was read again. */
  report(status: TargetsFileStatus): void;
  /** Milliseconds since the Unix epoch. */
  epoch(): number;
}

/**
 * Reads a targets file again when it changes. The path is polled: editors, ConfigMaps of Kubernetes and releases replace
 * the file, or a link or folder in its path, and inotify would keep watching the old file. A file that can't be used is
 * logged once and reported, and the targets stay.
 */
export function watchTargetsFile({ path, settings, log, apply, report, epoch }: WatchFileOptions): void {
  let timer: NodeJS.Timeout | undefined;
  let lastProblems = '';
  let readAt = epoch();
  report({ path, readAt, problems: [] });

  const reload = (): void => {
    timer = undefined;
    const { targets, problems } = load(path, settings);
    if (problems.length === 0) readAt = epoch();
    report({ path, readAt, problems });
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
    // A further change does not restart the timer, or a file that changes all the time would never be read.
    if (!timer) timer = setTimeout(reload, READ_DELAY_MS).unref();
  };
  watchFile(path, { persistent: false, interval: CHECK_INTERVAL_MS }, soon);
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
