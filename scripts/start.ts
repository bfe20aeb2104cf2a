/** `npm start`: the whole fleet on this machine, on loopback only, with no container engine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

interface Member {
  readonly name: string;
  readonly adminPort: number;
}

const fleet: readonly Member[] = [
  { name: 'echo', adminPort: 9007 },
  { name: 'daytime', adminPort: 9013 },
  { name: 'udp-daytime', adminPort: 9113 },
  { name: 'load-probe', adminPort: 8080 },
];

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 100;
/** Open connections get this long when the fleet stops, and what still runs then is ended. */
const DRAIN_TIMEOUT = '3s';
const STOP_TIMEOUT_MS = 4_500;

const { PORT, ADMIN_PORT, ...inherited } = process.env;
if (PORT ?? ADMIN_PORT) console.error('PORT and ADMIN_PORT are left aside: each service has its own.');

// A machine without IPv6 has no ::1 to listen on.
const hasIpv6 = (networkInterfaces().lo ?? networkInterfaces().lo0 ?? []).some(
  ({ address }) => address === '::1',
);
const loopback = hasIpv6 ? '127.0.0.1,::1' : '127.0.0.1';

const stopped = new AbortController();
const children = fleet.map((member) => ({ member, child: startMember(member) }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Asked twice: whoever is still here can't wait for the drain.
    if (stopped.signal.aborted) for (const { child } of children) child.kill('SIGKILL');
    stopped.abort();
  });
}

try {
  await Promise.all(fleet.map(untilReady));
  // Where a port is taken, it may be its owner that answered.
  stopped.signal.throwIfAborted();
  console.log(welcome());
  await once(stopped.signal, 'abort');
} catch (error) {
  if (!stopped.signal.aborted) throw error;
} finally {
  await Promise.all(children.map(({ child }) => stop(child)));
}

function startMember({ name }: Member): ChildProcess {
  const main = fileURLToPath(new URL(`../services/${name}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own, so that a stop signal reaches it once and from here alone.
    detached: true,
    env: { LOG_LEVEL: 'warn', DRAIN_TIMEOUT, HOST: loopback, ADMIN_HOST: loopback, ...inherited },
  });
  child.once('exit', (code) => {
    if (stopped.signal.aborted) return;
    console.error(`${name} ended with exit code ${code}; stopping the others. Its last lines are above.`);
    process.exitCode = 1;
    stopped.abort();
  });
  return child;
}

async function untilReady({ name, adminPort }: Member): Promise<void> {
  const deadline = AbortSignal.any([stopped.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`, { signal: deadline }).catch(
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
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function welcome(): string {
  return `
  status page   http://localhost:8080/
  echo          tcp and udp, port 7007   try: ncat localhost 7007
  dialog        tcp, port 7008           try: printf 'hello\\t' | ncat localhost 7008
  daytime       tcp, port 7013           try: ncat localhost 7013
  session       tcp, port 7014           try: echo help | ncat localhost 7014
  daytime       udp, port 7013           try: (echo; sleep 1) | ncat -u localhost 7013
  metrics       http://localhost:9007/metrics, likewise on 9013, 9113 and 8080

Everything listens on this machine alone. Ctrl-C stops it.
`;
}
