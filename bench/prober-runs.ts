import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { NODE } from '../tests/harness/main-module.ts';
import type { Programs } from './programs.ts';
import { startServerProcess } from './server-process.ts';

export interface MeasuredRate {
  readonly samples: number;
  readonly perSecond: number;
  /** Samples without a reply. */
  readonly lost: number;
  /** Samples that the prober itself delayed, or could not take. */
  readonly late: number;
  /** CPU time of the prober per sample. */
  readonly cpuUs: number;
}

export interface ProberRun {
  readonly name: string;
  /** @param rate samples a second, of all targets together */
  measure(rate: number, signal: AbortSignal): Promise<MeasuredRate>;
}

/** From the start of the probe to the measurement: V8 compiles, and the first samples open the flows. Milliseconds. */
const WARM_UP_MS = 5_000;
/** USER_HZ, which is 100 on every processor that we run on. */
const TICKS_PER_S = 100;
const LATE = 'prober_late';

interface ProbeOptions {
  readonly programs: Programs;
  readonly launcher: readonly string[];
  readonly engine: 'batch' | 'dgram';
  readonly targetsFile: string;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Has `monitor` of the bundle probe the targets, with one worker. */
export async function measureProbe(options: ProbeOptions): Promise<MeasuredRate> {
  const { engine, launcher, programs, seconds, signal, targetsFile } = options;
  const [node, ...flags] = NODE;
  const command = [...launcher, node, ...flags, join(programs.bundles, 'load-probe', 'src/main.js')];
  const env = { ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', TARGETS_FILE: targetsFile, UDP_ENGINE: engine };
  await using probe = await startServerProcess(command, env, (lines) => {
    const listening = lines.find((line) => line.includes('"admin listening"'));
    return listening === undefined
      ? undefined
      : { port: (JSON.parse(listening) as { addresses: [{ port: number }] }).addresses[0].port };
  });
  await setTimeout(WARM_UP_MS, undefined, { signal });
  const before = await outcomesOf(probe.port);
  const [cpuBefore, startMs] = [cpuSeconds(probe.pid), performance.now()];
  await setTimeout(seconds * 1_000, undefined, { signal });
  const after = await outcomesOf(probe.port);
  const tookS = (performance.now() - startMs) / 1_000;
  const cpuS = cpuSeconds(probe.pid) - cpuBefore;
  const grown = (outcome: string): number => (after.get(outcome) ?? 0) - (before.get(outcome) ?? 0);
  const samples = [...after.keys()].reduce((sum, outcome) => sum + grown(outcome), 0);
  const late = grown(LATE);
  return {
    samples,
    perSecond: samples / tookS,
    lost: samples - late - grown('ok'),
    late,
    cpuUs: (cpuS / samples) * 1e6,
  };
}

/** Samples by outcome, of all targets. */
async function outcomesOf(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const counts = new Map<string, number>();
  const line = /^l4_probe_samples_total\{.*outcome="(\w+)".*\} (\d+)/gm;
  for (const [, outcome = '', count] of (await response.text()).matchAll(line)) {
    counts.set(outcome, (counts.get(outcome) ?? 0) + Number(count));
  }
  return counts;
}

/** CPU time of a process with all its threads, proc_pid_stat(5). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, which may have spaces, is in parentheses; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

interface FpingOptions {
  readonly fping: string;
  readonly launcher: readonly string[];
  readonly targets: number;
  readonly rate: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Has fping ping as many addresses of the loopback network; the kernel itself replies. */
export async function measureFping(options: FpingOptions): Promise<MeasuredRate> {
  const { fping, launcher, rate, seconds, signal, targets } = options;
  const addresses = Array.from(
    { length: targets },
    (_, n) => `127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`,
  );
  const periodMs = (targets / rate) * 1_000;
  const count = Math.max(1, Math.round((seconds * rate) / targets));
  const ping = [...launcher, fping, '-q', '-c', count, '-p', periodMs, '-i', 1_000 / rate, '-t', 2_000];
  // `times` of the shell has the CPU time of its children. fping fails where a reply is missing.
  const script = `${[...ping, ...addresses].join(' ')} 2>&1; times`;
  const startMs = performance.now();
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { maxBuffer: 64 * 1024 ** 2, signal });
  const tookS = (performance.now() - startMs) / 1_000;
  let [sent, received] = [0, 0];
  for (const [, one, other] of stdout.matchAll(/xmt\/rcv\/%loss = (\d+)\/(\d+)\//g)) {
    sent += Number(one);
    received += Number(other);
  }
  const times = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const cpuS = times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  const perSecond = sent / tookS;
  // It has no due times: what it sends too slowly is what it would be late for.
  const late = Math.max(0, Math.round(seconds * rate * 0.97 - perSecond * seconds));
  return { samples: sent, perSecond, lost: sent - received, late, cpuUs: (cpuS / sent) * 1e6 };
}
