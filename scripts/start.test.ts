import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { documentedCommand } from '../tests/docs/documented-commands.ts';
import {
  DEFAULT_PORTS_TIMEOUT_MS,
  requireFreePorts,
  takeDefaultPorts,
} from '../tests/harness/default-ports.ts';
import { eventually } from '../tests/harness/eventually.ts';
import { isAlive, ShellProgram } from '../tests/harness/shell-program.ts';

/** What the page shows: each listener of the fleet, UDP and TCP. */
const everyProtocol = ['echo-tcp', 'echo-udp', 'dialog-tcp', 'daytime-tcp', 'daytime-udp', 'session-tcp'];
const UP_WITHIN_MS = 10_000;
const GONE_WITHIN_MS = 5_000;

describe('npm start', () => {
  let turn: AsyncDisposable;
  beforeAll(async () => {
    turn = await takeDefaultPorts();
  }, DEFAULT_PORTS_TIMEOUT_MS);
  afterAll(() => turn?.[Symbol.asyncDispose]());

  it('should run the whole fleet, all targets up, and be gone with exit code 0 after Ctrl-C', {
    timeout: 60_000,
  }, async () => {
    await requireFreePorts();
    const fleet = run(documentedCommand('README.md', 'npm start').text);
    await fleet.printed('Ctrl-C stops it.');
    const readyAt = performance.now();
    for (const endpoint of [
      'http://localhost:8080/',
      'port 7007',
      'port 7013',
      'port 7008',
      'port 7014',
      'http://localhost:9007/metrics',
    ]) {
      expect(fleet.output).toContain(endpoint);
    }
    for (const port of [9007, 9013, 9113, 8080]) {
      expect((await fetch(`http://localhost:${port}/metrics`)).status).toBe(200);
    }
    const page = await fetch('http://localhost:8080/');
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/^<!doctype html>/i);

    await eventually(async () => {
      const answer = await fetch('http://localhost:8080/api/targets');
      const { targets } = (await answer.json()) as { targets: { protocol: string; state: string }[] };
      const watched = new Set(targets.map(({ protocol }) => protocol));
      expect(watched).toEqual(new Set(everyProtocol));
      expect(new Set(targets.map(({ state }) => state))).toEqual(new Set(['up']));
    }, UP_WITHIN_MS);
    expect(performance.now() - readyAt).toBeLessThan(UP_WITHIN_MS);

    const family = fleet.family();
    // npm, the bootstrap, the start program and the four services, at least.
    expect(family.length).toBeGreaterThanOrEqual(7);
    const stoppedAt = performance.now();
    fleet.pressCtrlC();
    // The script replaces npm's shell (exec): a shell that got the signal too would die of it, and npm report that.
    expect(await fleet.exited).toEqual([0, null]);
    await eventually(() => expect(family.filter(isAlive)).toEqual([]), GONE_WITHIN_MS);
    expect(performance.now() - stoppedAt).toBeLessThan(GONE_WITHIN_MS);
    await requireFreePorts();
  });

  it('should stop the others and say which one could not start', { timeout: 60_000 }, async () => {
    await requireFreePorts();
    const taken = createSocket('udp4').bind(7013, '127.0.0.1');
    await once(taken, 'listening');
    const fleet = run('node scripts/start.ts');
    expect(await fleet.exited).toEqual([1, null]);
    expect(fleet.output).toMatch(/"service":"udp-daytime".*port 7013: the port is in use/);
    expect(fleet.output).toContain('udp-daytime ended with exit code 1; stopping the others');
    expect(fleet.output).not.toContain('Ctrl-C stops it.');
    taken.close();
    await once(taken, 'close');
    await requireFreePorts();
  });

  it('should end everything at once when asked to stop twice', { timeout: 60_000 }, async () => {
    await requireFreePorts();
    const fleet = run('node scripts/start.ts', { DRAIN_DELAY: '1m' });
    await fleet.printed('Ctrl-C stops it.');
    const family = fleet.family();
    expect(family.length).toBeGreaterThanOrEqual(5);
    fleet.child.kill('SIGTERM');
    await eventually(async () => expect((await fetch('http://localhost:9007/readyz')).status).toBe(503));
    const askedAgainAt = performance.now();
    fleet.child.kill('SIGTERM');
    await fleet.exited;
    // Well before the program's own patience with its services ends.
    expect(performance.now() - askedAgainAt).toBeLessThan(2_500);
    expect(family.filter(isAlive)).toEqual([]);
  });
});

const running: ShellProgram[] = [];
// A test that timed out has not ended what it started.
afterEach(() => {
  for (const program of running.splice(0)) program.kill();
});

function run(command: string, env: Readonly<Record<string, string>> = {}): ShellProgram {
  const program = new ShellProgram(command, { env });
  running.push(program);
  return program;
}
