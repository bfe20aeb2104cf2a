import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { expect } from 'vitest';
import { runProgram } from '../../services/load-probe/test/program.ts';
import { mainOfService, NODE_COMMAND } from '../harness/main-module.ts';
import { type ShellOptions, ShellProgram } from '../harness/shell-program.ts';
import { withoutNpm } from './without-npm.ts';

/** A word may have parts in quotes; what else the shell would expand is in no word. */
const WORD = /(?:'[^']*'|"[^"$`\\]*"|[^\s'"$`\\|&;<>(){}[\]*?#~])+/g;
const PROBE_ALONE = new RegExp(`^load-probe(?: +${WORD.source})+$`);

/** Runs a command to its end, which has to be exit code 0. */
export async function succeeds(
  text: string,
  options?: ShellOptions,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const short = shortened(text);
  if (PROBE_ALONE.test(short)) {
    const [, ...args] = short.match(WORD)!.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
    const { code, stdout, stderr } = await runProgram(args);
    expect(code, `${text}\n${stdout}${stderr}`).toBe(0);
    return { stdout, stderr };
  }
  await using program = new ShellProgram(runnable(text), options);
  const exit = await program.exited;
  expect(exit, `${text}\n${program.output}`).toEqual([0, null]);
  return program;
}

/** What takes minutes on a real path takes a second here, promises nothing about time, and leaves no file behind. */
function shortened(text: string): string {
  return text
    .replace('--inputs 20000', '--inputs 2000')
    .replace(/^npm run conformance -- /, '$&--timeout 1m ')
    .replace(/^load-probe (?:check|load|during) /, '$&--timeout 1m ')
    .replace(/^load-probe during /, '$&--warm-up 0s --settle 0s ')
    .replace('--max-gap 500ms', '--max-gap 60s')
    .replace('-- sleep 10', '-- sleep 0.3')
    .replace('begin; sleep 5', 'begin; sleep 0.3')
    .replace(/ npm run service -- [\w-]+$/, '$& --check-config')
    .replace('--duration 30s', '--duration 300ms')
    .replace('--count 100 --rate 50', '--count 20 --rate 50')
    .replace('--max-p99 100ms', '--max-p99 30s')
    .replace('--max 10m --resolution 5s', '--max 1s --resolution 250ms')
    .replace('--max 5m --min 4m', '--max 1s --min 500ms')
    .replace(/^load-probe paths /, '$&--count 8 --timeout 30s ')
    .replace('paths.xml', join(tmpdir(), 'echo-daytime-paths.xml'))
    .replace('result.xml', join(tmpdir(), 'echo-daytime-result.xml'));
}

/**
 * On this machine `load-probe` is not a program on the PATH but one of the services. What finds a service by its name
 * has a test of its own, scripts/service.test.ts.
 */
export function runnable(text: string): string {
  return withoutNpm(shortened(text))
    .replace(/^load-probe /, `${NODE_COMMAND} '${mainOfService('load-probe')}' `)
    .replace(/ scripts\/service\.ts ([\w-]+)/, (_, name: string) => ` '${mainOfService(name)}'`);
}

/** Lines are of this machine's clock, most of them to the second. */
export function expectTime(line: string, format: string, startedAt: number): void {
  expect(line).toMatch(/^[\x20-\x7e]+\r\n$/);
  const parsed = parseDaytime(line);
  expect(parsed.format).toBe(format);
  const toldAt = Number(parsed.instant / 1_000_000n);
  expect(toldAt).toBeGreaterThan(startedAt - 1_000);
  expect(toldAt).toBeLessThanOrEqual(Date.now());
}
