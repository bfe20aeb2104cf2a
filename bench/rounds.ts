import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { busyShare, type FigureName, figures, type GeneratorReport } from './figures.ts';
import type { Results } from './goals.ts';
import type { Pinning } from './machine.ts';
import type { Programs } from './programs.ts';
import type { RunningServer } from './server-process.ts';
import { startServer } from './servers.ts';
import { rotate, type Summary, summarize } from './statistics.ts';
import type { Contender, Workload } from './workloads.ts';

export interface RoundOptions {
  readonly runs: number;
  /** How long each run is measured. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  progress(line: string): void;
}

export interface WorkloadResult {
  readonly workload: Workload;
  readonly results: Results;
  /** Contenders without figures, each with the reason. */
  readonly missing: ReadonlyMap<string, string>;
  /** Median of `busyShare` over all runs. */
  readonly busy: number | undefined;
  /** By contender: the number of failed exchanges and connections in all runs, with the last reason. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Maximum warm-up, in which V8 compiles the code of a service. */
const MAX_WARM_UP_MS = 2_500;
const WARM_UP_SHARE = 2.5;
/** A first run, so that memory that a server allocates once does not count for the measured connections. */
const FIRST_CONNECTIONS = ['connections=50', 'size=64'];
const FIRST_CONNECTIONS_SHARE = 0.2;
/** Time for the generator's work outside the measurement, such as opening thousands of connections. Milliseconds. */
const GENERATOR_SLACK_MS = 60_000;

const run = promisify(execFile);

/** Runs the contenders of a workload in turn, once per round. */
export async function runWorkload(
  workload: Workload,
  programs: Programs,
  pinning: Pinning,
  options: RoundOptions,
): Promise<WorkloadResult> {
  const reports = new Map<string, GeneratorReport[]>();
  const missing = new Map<string, string>();
  for (const { name, server } of workload.contenders) {
    const absence = programs.absent.get(server);
    if (absence !== undefined) missing.set(name, `skipped: ${absence}`);
  }
  for (let round = 0; round < options.runs; round += 1) {
    for (const contender of rotate(workload.contenders, round)) {
      if (missing.has(contender.name)) continue;
      options.signal.throwIfAborted();
      options.progress(`${workload.id}: run ${round + 1} of ${options.runs}, ${contender.name}`);
      try {
        const report = await runOnce(workload, contender, programs, pinning, options);
        reports.set(contender.name, [...(reports.get(contender.name) ?? []), report]);
      } catch (error) {
        options.signal.throwIfAborted();
        reports.delete(contender.name);
        missing.set(contender.name, `failed: ${reasonOf(error)}`);
      }
    }
  }
  const all = [...reports.values()].flat();
  return {
    workload,
    results: new Map([...reports].map(([name, runs]) => [name, summaries(workload, runs)])),
    missing,
    busy: all.length > 0 ? summarize(all.map(busyShare)).median : undefined,
    failures: failuresOf(reports),
  };
}

async function runOnce(
  workload: Workload,
  contender: Contender,
  programs: Programs,
  pinning: Pinning,
  { seconds, signal }: RoundOptions,
): Promise<GeneratorReport> {
  const { generator, service } = contender.instead ?? workload;
  await using server = await startServer(contender.server, service, programs, pinning.server);
  const measureMs = Math.round(seconds * 1_000);
  const generate = async (args: readonly string[]): Promise<GeneratorReport> => {
    const [program = '', ...rest] = [...pinning.generator, programs.generator, ...args];
    try {
      const { stdout } = await run(program, rest, { timeout: measureMs + GENERATOR_SLACK_MS, signal });
      return JSON.parse(stdout) as GeneratorReport;
    } catch (error) {
      const words = [reasonOf(error), server.lastOutput().split('\n').at(-1)].filter(Boolean);
      throw new Error(words.join('; '), { cause: error });
    }
  };
  if (workload.figures.includes('memory')) {
    const times = [`measure_ms=${Math.ceil(measureMs * FIRST_CONNECTIONS_SHARE)}`];
    await generate(['ping-pong', ...FIRST_CONNECTIONS, `port=${server.port}`, ...times]);
  }
  // Awaited here: the server is disposed of when this function returns.
  return await generate([
    ...generator,
    ...destination(server, contender),
    `warmup_ms=${Math.round(Math.min(MAX_WARM_UP_MS, measureMs * WARM_UP_SHARE))}`,
    `measure_ms=${measureMs}`,
  ]);
}

function destination(server: RunningServer, { isScraped }: Contender): string[] {
  const addressed = [`port=${server.port}`, `pid=${server.pid}`];
  return isScraped ? [...addressed, `scrape_port=${server.adminPort}`] : addressed;
}

function summaries(
  workload: Workload,
  runs: readonly GeneratorReport[],
): Partial<Record<FigureName, Summary>> {
  const entries = workload.figures.flatMap((name) => {
    const values = runs.map((report) => figures[name].of(report, workload.connections));
    const measured = values.filter((value) => value !== undefined);
    return measured.length > 0 ? [[name, summarize(measured)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function failuresOf(reports: ReadonlyMap<string, readonly GeneratorReport[]>): ReadonlyMap<string, string> {
  const failures = [...reports].map(([name, runs]) => {
    const count = runs.reduce((sum, { failed }) => sum + failed, 0);
    return [name, count, runs.findLast(({ failure }) => failure !== undefined)?.failure] as const;
  });
  return new Map(
    failures
      .filter(([, count]) => count > 0)
      .map(([name, count, failure]) => [name, `${count} exchanges of ${name} failed: ${failure}`]),
  );
}

/** The error output of the generator or the server, in one line. */
function reasonOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr || message).trim().split('\n').slice(-2).join('; ');
}
