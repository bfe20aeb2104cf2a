import { visible } from './config/shown-text.ts';

/** The configuration can't be used; nothing was opened. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const shown = problems.map(visible);
    super(`${count} in the configuration\n${shown.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = shown;
  }
}

/** A worker reported that it can't go on, or died too often. Exit code 1. */
export class DataPlaneError extends Error {
  override readonly name = 'DataPlaneError';
}

/** The admin listener can't be opened. Exit code 1. */
export class AdminListenError extends Error {
  override readonly name = 'AdminListenError';
}
