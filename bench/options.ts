import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { flagOf, type Key, readConfig, text, type Values, wholeNumber } from '@echo-daytime/runtime';
import { besideBefore, own, type Workload, workloads } from './workloads.ts';

const SWITCHES = ['--quick', '--gate', '--update-docs', '--help'] as const;
type Switch = (typeof SWITCHES)[number];

/** Minimum runs for a median in the documentation. */
const PUBLISHED_RUNS = 5;
const SECONDS = { min: 0.1, max: 60 } as const;
const FLAG_WIDTH = 18;

const keys = {
  only: text('', 'Workloads to run, the beginnings of their names separated by commas', (value) => {
    const wanted = value.split(',').map((part) => part.trim());
    const unknown = wanted.filter((part) => !workloads.some(({ id }) => id.startsWith(part)));
    const known = workloads.map(({ id }) => id).join(', ');
    if (unknown.length > 0) throw new Error(`must be beginnings of ${known}`);
    return workloads.filter(({ id }) => wanted.some((part) => id.startsWith(part)));
  }),
  runs: wholeNumber({ min: 1, max: 100 }, '5', 'Alternating runs of each server; their median counts'),
  seconds: text('2', 'How long each run is measured, after a warm-up', (value) => {
    const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (!(seconds >= SECONDS.min && seconds <= SECONDS.max)) {
      throw new Error(`must be a number of seconds from ${SECONDS.min} to ${SECONDS.max}`);
    }
    return seconds;
  }),
  before: text(
    '',
    'Folder of other bundles of the services, to measure beside ours in place of other servers',
    (folder) => {
      const names = new Set(Object.values(own).map(({ service }) => service));
      const missing = [...names].filter((name) => !existsSync(join(folder, name, 'src/main.js')));
      if (folder === '' || missing.length === 0) return folder || undefined;
      throw new Error(
        `must be a folder that "node scripts/bundle.ts FOLDER" made; it has no ${missing.join(', ')}`,
      );
    },
  ),
};

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  readonly runs: number;
  readonly seconds: number;
  /** Folder of other bundles of the services; undefined where ours are measured beside other servers. */
  readonly before: string | undefined;
  /** Whether a missed goal gives exit code 1. */
  readonly gate: boolean;
  readonly updateDocs: boolean;
  readonly help: boolean;
}

/** @throws ConfigError with every problem at once */
export function readOptions(args: readonly string[]): BenchOptions {
  const has = (name: Switch): boolean => args.includes(name);
  const quick = has('--quick') ? ['--runs', '1', '--seconds', '0.3'] : [];
  // A later flag wins, so flags besides --quick count.
  const flags = [...quick, ...args.filter((arg) => !SWITCHES.some((name) => name === arg))];
  const options = readConfig<Values<typeof keys>>(keys, { env: {}, args: flags }, ({ runs, only, before }) =>
    has('--update-docs') && (runs < PUBLISHED_RUNS || only.length < workloads.length || before !== undefined)
      ? [
          `--update-docs is for all workloads with at least ${PUBLISHED_RUNS} runs; leave out --only, --before, --quick and a smaller --runs`,
        ]
      : [],
  );
  return {
    workloads: options.before ? options.only.map(besideBefore) : options.only,
    runs: options.runs,
    seconds: options.seconds,
    before: options.before,
    gate: has('--gate'),
    updateDocs: has('--update-docs'),
    help: has('--help'),
  };
}

export function usage(): string {
  const flags = Object.entries<Key<unknown>>(keys).map(([name, { doc, default: initial }]) => {
    const flag = `--${flagOf(name)}`.padEnd(FLAG_WIDTH);
    return `  ${flag}${doc} (default ${initial === '' ? (name === 'only' ? 'all' : 'none') : initial})`;
  });
  return [
    'Measures the services side by side with other servers, and prints each figure with its ratio to ours.',
    '',
    'usage: npm run bench -- [FLAG…]',
    '',
    ...flags,
    `  ${'--quick'.padEnd(FLAG_WIDTH)}One run of 0.3 s: shows that everything works, no figures to compare`,
    `  ${'--gate'.padEnd(FLAG_WIDTH)}Exit code 1 when a goal is missed`,
    `  ${'--update-docs'.padEnd(FLAG_WIDTH)}Write the results to docs/performance.md`,
    '',
    `Workloads: ${workloads.map(({ id }) => id).join(', ')}.`,
    'Exit codes: 0 measured, 1 nothing could be measured or a goal of --gate was missed, 2 usage.',
  ].join('\n');
}
