import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { findProgram } from '../tests/harness/programs.ts';

/** Ten thousand connections, and what servers open beside them. */
const OPEN_FILES = 65_536;
const SERVER_CORE = '0';
const GENERATOR_CORE = '1';

/** The command that pins a program to its core; empty where programs can't be pinned. */
export interface Pinning {
  readonly server: readonly string[];
  readonly generator: readonly string[];
  /** How the figures are to be read. */
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
    note: `NOT PINNED: ${because}; server and generator share what there is, so throughput and latency say little, and only server CPU and memory are to be compared`,
  };
}

export function pinningOfThisMachine(): Pinning {
  return pinning(availableParallelism(), findProgram('taskset'));
}

/** Lets this process, and so the servers it starts, have enough files open; false where that is forbidden. */
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

/** What the peers are compiled with, so far as it is there. */
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

/** How much the machine has to do already, processes waiting to run over the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0;
}
