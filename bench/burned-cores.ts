/**
 * `node scripts/bootstrap.mjs bench/burned-cores.ts [SECONDS]`: the round trips of UDP samples on loopback for SECONDS, 10 by
 * default, on this machine as it is, and beside programs that take all the CPU time they get, one for each core and one more.
 * The echo has a priority before them, as if it were on another machine. Needs Linux, a C compiler, chrt(1) and root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import { NODE } from '../tests/harness/main-module.ts';
import { findProgram } from '../tests/harness/programs.ts';
import { describeMachine, load } from './machine.ts';
import { enterOwnNetwork } from './own-network.ts';
import { buildPrograms, CannotMeasureError } from './programs.ts';
import { startServer } from './servers.ts';

const RATE = 200;
/** How much longer the round trip between the kernel's timestamps may be. Milliseconds. */
const MAX_WIRE_GROWTH_MS = 0.05;
const US_PER_MS = 1_000;

interface RoundTrips {
  readonly rttMs: { readonly p99: number };
  readonly wireRttMs: { readonly p99: number };
}

const [, , seconds = '10'] = process.argv;
const chrt = findProgram('chrt');
if (chrt === undefined) throw new CannotMeasureError('install chrt (Debian package util-linux)');
const interruption = new AbortController();
onStopSignals(() => interruption.abort());
const { signal } = interruption;
const folder = await mkdtemp(join(tmpdir(), 'echo-daytime-burned-'));
try {
  enterOwnNetwork();
  const programs = await buildPrograms(folder, new Set(['udp-echo']));
  await using echo = await startServer('c', 'udp-echo', programs, [chrt, '--fifo', '1']);
  const check = async (): Promise<RoundTrips> => {
    const [node = '', ...flags] = NODE;
    const url = `echo+udp://127.0.0.1:${echo.port}?flow=sticky`;
    const count = String(Number(seconds) * RATE);
    const args = ['check', '--json', '--count', count, '--rate', String(RATE), '--max-loss', '100%', url];
    const program = join(programs.bundles, 'load-probe', 'src/main.js');
    const { stdout } = await promisify(execFile)(node, [...flags, program, ...args], { signal });
    return JSON.parse(stdout).targets[0];
  };
  console.log(`- machine: ${describeMachine()}; ${load().toFixed(1)} other processes ran or waited`);
  const idle = await check();
  const burning = Array.from({ length: availableParallelism() + 1 }, burn);
  const burned = await check().finally(() => {
    for (const child of burning) child.kill();
  });
  console.log('\n| p99 of | as it is | beside burning programs | more |\n| --- | ---: | ---: | ---: |');
  for (const name of ['rttMs', 'wireRttMs'] as const) {
    const [before, after] = [idle[name].p99, burned[name].p99];
    console.log(`| ${name} | ${us(before)} | ${us(after)} | ${us(after - before)} |`);
  }
  const holds =
    burned.wireRttMs.p99 - idle.wireRttMs.p99 <= MAX_WIRE_GROWTH_MS &&
    burned.rttMs.p99 - idle.rttMs.p99 > MAX_WIRE_GROWTH_MS;
  console.log(
    `\n${holds ? 'holds' : 'DOES NOT HOLD'}: wireRttMs within ${us(MAX_WIRE_GROWTH_MS)}, rttMs not`,
  );
  if (!holds) process.exitCode = 1;
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function burn(): ChildProcess {
  return spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
}

function us(ms: number): string {
  return `${(ms * US_PER_MS).toFixed(0)} µs`;
}
