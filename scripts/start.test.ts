import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../tests/harness/eventually.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Everything the fleet listens on. */
const ports = {
  tcp: [7007, 7013, 9007, 9013, 9113, 8080],
  udp: [7007, 7013],
};
const UP_WITHIN_MS = 10_000;
const GONE_WITHIN_MS = 5_000;

describe('npm start', () => {
  it('should run the whole fleet, all targets up, and be gone with exit code 0 after Ctrl-C', {
    timeout: 60_000,
  }, async () => {
    await requireFreePorts();
    const fleet = run('npm', ['start']);
    await fleet.printed('Ctrl-C stops it.');
    const readyAt = performance.now();
    for (const endpoint of [
      'http://localhost:8080/',
      'port 7007',
      'port 7013',
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
      const { targets } = (await answer.json()) as { targets: { name: string; state: string }[] };
      expect(targets.map(({ state }) => state)).toEqual(['up', 'up', 'up', 'up']);
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
    const fleet = run('node', ['scripts/start.ts']);
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
    const fleet = run('node', ['scripts/start.ts'], { DRAIN_DELAY: '1m' });
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

const running: Program[] = [];
// A test that timed out has not ended what it started.
afterEach(() => {
  for (const program of running.splice(0)) program.kill();
});

function run(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Program {
  const program = new Program(command, args, env);
  running.push(program);
  return program;
}

/** A program in a process group of its own, as a terminal would start it. */
class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  output = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { PORT: _port, ADMIN_PORT: _adminPort, ...inherited } = process.env;
    this.child = spawn(command, args, {
      cwd: root,
      detached: true,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  async printed(text: string): Promise<void> {
    const ended = this.exited.then((exit) => {
      throw new Error(`ended (${exit}) before it printed "${text}"\n${this.output}`);
    });
    ended.catch(() => {});
    while (!this.output.includes(text)) await Promise.race([once(this.child.stdout!, 'data'), ended]);
  }

  /** A terminal sends the signal to every process of the foreground group. */
  pressCtrlC(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }

  /** Process ids of this program and all that it has started, directly or not. */
  family(): number[] {
    const parents = new Map<number, number>();
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const parent = parentOf(Number(entry));
      if (parent !== undefined) parents.set(Number(entry), parent);
    }
    const found = [this.child.pid!];
    for (const pid of found)
      found.push(...[...parents].filter(([, parent]) => parent === pid).map(([id]) => id));
    return found;
  }

  /** Ends what a failed test has left. */
  kill(): void {
    for (const pid of this.family()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
  }
}

/** The parent of a process that runs; the state and the parent follow the name, proc(5), /proc/pid/stat. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  return parentOf(pid) !== undefined;
}

async function requireFreePorts(): Promise<void> {
  const tcp = ports.tcp.map((port) => takes(`TCP port ${port}`, createServer().listen(port, '127.0.0.1')));
  const udp = ports.udp.map((port) =>
    takes(`UDP port ${port}`, createSocket('udp4').bind(port, '127.0.0.1')),
  );
  const taken = (await Promise.all([...tcp, ...udp])).filter((name) => name !== undefined);
  if (taken.length > 0) {
    throw new Error(`npm start needs its default ports; in use: ${taken.join(', ')}. Stop what uses them.`);
  }
}

/** The name of a port that can't be had. */
async function takes(name: string, socket: Server | Socket): Promise<string | undefined> {
  try {
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
    return undefined;
  } catch {
    return name;
  }
}
