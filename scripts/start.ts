/** `npm start`: the whole fleet on this machine, on loopback only, with no container engine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { V8_FLAGS } from '@echo-daytime/linux/v8-flags';
import { onStopSignals } from '@echo-daytime/runtime/stop-signals';
import {
  type FleetPorts,
  ignoredKeys,
  keysOf,
  readFleetPorts,
  takenPorts,
  targetsOf,
} from './fleet-ports.ts';

const services = ['echo', 'daytime', 'udp-daytime', 'load-probe'] as const;

/** A start takes 2 s; on a slow machine that has other work, half a minute. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
/** Open connections get this long when the fleet stops. */
const DRAIN_TIMEOUT = '3s';

// A machine without IPv6 has no ::1 to listen on.
const hasIpv6 = (networkInterfaces().lo ?? networkInterfaces().lo0 ?? []).some(
  ({ address }) => address === '::1',
);
const loopback = hasIpv6 ? '127.0.0.1,::1' : '127.0.0.1';

const { ports, problems } = readFleetPorts(process.env);
const settings = {
  LOG_LEVEL: 'warn',
  DRAIN_TIMEOUT,
  HOST: loopback,
  ADMIN_HOST: loopback,
  // Only one of TARGETS and TARGETS_FILE may be given.
  ...(process.env.TARGETS_FILE ? {} : { TARGETS: targetsOf(ports) }),
  ...process.env,
};
for (const line of ignoredKeys(process.env)) console.error(line);
if (problems.length === 0) problems.push(...(await takenPorts(ports, settings)));
if (problems.length > 0) {
  console.error(`npm start can't have its ports:\n  ${problems.join('\n  ')}`);
  console.error('Set each of these variables to a free port, or stop what uses it.');
  process.exit(2);
}

const stopped = new AbortController();
const children = services.map(startService);
onStopSignals(
  () => stopped.abort(),
  () => {
    for (const child of children) child.kill('SIGKILL');
  },
);

try {
  await Promise.all(services.map(untilReady));
  // If another program took a port in the last moment, that program may have answered.
  stopped.signal.throwIfAborted();
  console.log(welcome(ports));
  await once(stopped.signal, 'abort');
} catch (error) {
  if (!stopped.signal.aborted) throw error;
} finally {
  await Promise.all(children.map(stop));
}

function startService(name: string): ChildProcess {
  // When this program is bundled, it starts bundles.
  const main = join(import.meta.dirname, `../services/${name}/src/main${extname(import.meta.filename)}`);
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-sigusr1', ...V8_FLAGS];
  const child = spawn(process.execPath, [...flags, main], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // A process group of its own, so that a stop signal reaches it only once, from here.
    detached: true,
    env: { ...settings, ...keysOf(name, ports) },
  });
  child.once('exit', (code) => {
    if (stopped.signal.aborted) return;
    console.error(`${name} ended with exit code ${code}; stopping the others. Its last lines are above.`);
    process.exitCode = 1;
    stopped.abort();
  });
  return child;
}

async function untilReady(name: string): Promise<void> {
  const { ADMIN_PORT } = keysOf(name, ports);
  const deadline = AbortSignal.any([stopped.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${ADMIN_PORT}/readyz`, { signal: deadline }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    stopped.signal.throwIfAborted();
    if (deadline.aborted) throw new Error(`${name} is not ready after ${READY_TIMEOUT_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  stopped.abort();
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function welcome(at: FleetPorts): string {
  const listeners = [
    ['echo', 'tcp and udp', at.ECHO_PORT, 'ncat localhost PORT'],
    ['dialog', 'tcp', at.ECHO_DIALOG_PORT, "printf 'hello\\t' | ncat localhost PORT"],
    ['stamp', 'udp', at.ECHO_STAMP_PORT, 'a STAMP sender, RFC 8762'],
    ['daytime', 'tcp', at.DAYTIME_PORT, 'ncat localhost PORT'],
    ['session', 'tcp', at.DAYTIME_SESSION_PORT, 'echo help | ncat localhost PORT'],
    ['daytime', 'udp', at.UDP_DAYTIME_PORT, '(echo; sleep 1) | ncat -u localhost PORT'],
  ] as const;
  const lines = listeners.map(([name, protocol, port, client]) => {
    const where = `${protocol}, port ${port}`.padEnd(25);
    return `  ${name.padEnd(14)}${where}try: ${client.replace('PORT', `${port}`)}`;
  });
  return `
  status page   http://localhost:${at.LOAD_PROBE_PORT}/
${lines.join('\n')}
  metrics       http://localhost:${at.ECHO_ADMIN_PORT}/metrics, likewise on ${at.DAYTIME_ADMIN_PORT}, ${at.UDP_DAYTIME_ADMIN_PORT} and ${at.LOAD_PROBE_PORT}

Everything listens on this machine alone. Ctrl-C stops it.
`;
}
