import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { findProgram } from '../tests/harness/programs.ts';

/** Enough for ten thousand connections and the other files of a server. */
const OPEN_FILES = 65_536;
const SERVER_CORE = '0';
const GENERATOR_CORE = '1';

/** The commands that pin the programs to their cores; empty where programs can't be pinned. */
export interface Pinning {
  readonly server: readonly string[];
  readonly generator: readonly string[];
  /** How to read the figures. */
  readonly note: string;
}

/** @param taskset the path of the program that pins, where there is one */
export function pinning(cores: number, taskset: string | undefined): Pinning {
  if (cores >= 2 && taskset !== undefined) {
    return {
      server: [taskset, '-c', SERVER_CORE],
      generator: [taskset, '-c', GENERATOR_CORE],
      note: `each server is pinned to core ${SERVER_CORE} with all its threads, the generator to core ${GENERATOR_CORE}`,
    };
  }
  const because =
    cores < 2 ? 'this machine has one core' : 'taskset is not on this machine (Debian package util-linux)';
  return {
    server: [],
    generator: [],
    note: `NOT PINNED: ${because}; server and generator share the cores, so throughput and latency say little; compare only server CPU and memory`,
  };
}

export function pinningOfThisMachine(): Pinning {
  return pinning(availableParallelism(), findProgram('taskset'));
}

/** Raises the limit of open files for this process and the servers it starts; false where that is forbidden. */
export function raiseFileLimit(): boolean {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${OPEN_FILES}:${OPEN_FILES}`], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** One line about this machine: the properties that the figures depend on. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GB`;
  return `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memory}, Linux ${release()}, Node ${process.versions.node}`;
}

/** The compilers that this machine has for the reference servers. */
export function describeCompilers(): string {
  const asked = [
    ['go', 'env', 'GOVERSION'],
    ['cc', '-dumpfullversion'],
  ] as const;
  const found = asked.flatMap(([program, ...args]) => {
    const path = findProgram(program);
    if (path === undefined) return [];
    return [`${program} ${execFileSync(path, args, { encoding: 'utf8' }).trim().replace(/^go/, '')}`];
  });
  return found.length > 0 ? found.join(', ') : 'none';
}

/** The load of the machine: running or waiting processes, mean of the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0;
}
