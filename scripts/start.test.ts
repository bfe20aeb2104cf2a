import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../tests/harness/eventually.ts';
import { freeFleetPorts } from '../tests/harness/free-port.ts';
import { mainModule } from '../tests/harness/main-module.ts';
import { isAlive, ShellProgram } from '../tests/harness/shell-program.ts';
import type { FleetPorts } from './fleet-ports.ts';

/** tests/docs/commands.test.ts starts it from the source. */
const COMMAND = `node --disable-warning=ExperimentalWarning '${mainModule('scripts/start.ts')}'`;
/** The protocols on the page: each listener of the fleet, UDP and TCP. */
const everyProtocol = [
  'echo-tcp',
  'echo-udp',
  'stamp-udp',
  'dialog-tcp',
  'daytime-tcp',
  'daytime-udp',
  'session-tcp',
];

function environment(at: FleetPorts): Record<string, string> {
  return Object.fromEntries(Object.entries(at).map(([variable, port]) => [variable, `${port}`]));
}

// tests/docs/commands.test.ts tests Ctrl-C.
describe('a fleet', () => {
  let at: FleetPorts;
  let fleet: ShellProgram;
  beforeAll(async () => {
    at = await freeFleetPorts();
    fleet = new ShellProgram(COMMAND, { env: { ...environment(at), DRAIN_DELAY: '1h' } });
    await fleet.printed('Ctrl-C stops it.');
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('should print the port of each of its listeners', async () => {
    for (const endpoint of [
      `http://localhost:${at.LOAD_PROBE_PORT}/`,
      `tcp and udp, port ${at.ECHO_PORT} `,
      `tcp, port ${at.ECHO_DIALOG_PORT} `,
      `udp, port ${at.ECHO_STAMP_PORT} `,
      `tcp, port ${at.DAYTIME_PORT} `,
      `tcp, port ${at.DAYTIME_SESSION_PORT} `,
      `udp, port ${at.UDP_DAYTIME_PORT} `,
      `http://localhost:${at.ECHO_ADMIN_PORT}/metrics`,
    ]) {
      expect(fleet.stdout).toContain(endpoint);
    }
    for (const port of [
      at.ECHO_ADMIN_PORT,
      at.DAYTIME_ADMIN_PORT,
      at.UDP_DAYTIME_ADMIN_PORT,
      at.LOAD_PROBE_PORT,
    ]) {
      expect((await fetch(`http://localhost:${port}/metrics`)).status).toBe(200);
    }
  });

  it('should show its page with all targets up', async () => {
    const page = `http://localhost:${at.LOAD_PROBE_PORT}`;
    expect(await (await fetch(page)).text()).toMatch(/^<!doctype html>/i);
    await eventually(async () => {
      const answer = await fetch(`${page}/api/targets`);
      const { targets } = (await answer.json()) as { targets: { protocol: string; state: string }[] };
      expect(new Set(targets.map(({ protocol }) => protocol))).toEqual(new Set(everyProtocol));
      expect(new Set(targets.map(({ state }) => state))).toEqual(new Set(['up']));
    });
  });

  it('should open no debugger for SIGUSR1', () => {
    const [start, ...others] = fleet.family().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    expect(start).toContain('scripts/start.');
    expect(others.length).toBeGreaterThanOrEqual(4);
    for (const command of others) expect(command).toContain('--disable-sigusr1');
  });

  it('should end at once when asked to stop twice, even during a drain', async () => {
    const family = fleet.family();
    expect(family.length).toBeGreaterThanOrEqual(5);
    fleet.child.kill('SIGTERM');
    await eventually(async () => {
      expect((await fetch(`http://localhost:${at.ECHO_ADMIN_PORT}/readyz`)).status).toBe(503);
    });
    await delay(1_000);
    fleet.child.kill('SIGTERM');
    // An hour before the drain's end.
    await fleet.exited;
    expect(family.filter(isAlive)).toEqual([]);
  });
});

describe('a fleet that cannot start', () => {
  it('should name the variable of every port in use, and start nothing', async () => {
    const at = await freeFleetPorts();
    // On every address, as a container engine publishes ports, and on a single address.
    const owners = [
      createServer().listen(at.LOAD_PROBE_PORT, '0.0.0.0'),
      createServer().listen(at.ECHO_PORT, '127.0.0.1'),
      createSocket('udp4').bind(at.ECHO_PORT, '127.0.0.1'),
      createSocket('udp4').bind(at.UDP_DAYTIME_PORT, '0.0.0.0'),
    ];
    await Promise.all(owners.map((owner) => once(owner, 'listening')));
    await using fleet = new ShellProgram(COMMAND, { env: environment(at) });
    expect(await fleet.exited).toEqual([2, null]);
    expect(fleet.output).toBe(
      [
        "npm start can't have its ports:",
        `  ECHO_PORT=${at.ECHO_PORT} is in use (TCP, UDP)`,
        `  UDP_DAYTIME_PORT=${at.UDP_DAYTIME_PORT} is in use (UDP)`,
        `  LOAD_PROBE_PORT=${at.LOAD_PROBE_PORT} is in use (TCP)`,
        'Set each of these variables to a free port, or stop what uses it.',
        '',
      ].join('\n'),
    );
    for (const owner of owners) owner.close();
  });

  it('should stop the others and say which one could not start', async () => {
    const env = { ...environment(await freeFleetPorts()), MAX_REQUEST: '1' };
    await using fleet = new ShellProgram(COMMAND, { env });
    expect(await fleet.exited).toEqual([1, null]);
    expect(fleet.output).toContain('MAX_REQUEST="1" must be a size');
    expect(fleet.output).toContain('daytime ended with exit code 2; stopping the others');
    expect(fleet.output).not.toContain('Ctrl-C stops it.');
  });
});
