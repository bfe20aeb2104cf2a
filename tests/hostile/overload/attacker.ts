/**
 * The clients of an attack in their own process, so that their work does not block another event loop. The argument is
 * an `Attack`. Prints each `Report` as a line, and ends its clients when its standard input ends.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Report } from './attack.ts';

const attack = JSON.parse(process.argv[2] ?? '{}') as Attack;
/** Maximum connects at once, less than any backlog: otherwise the SYN retries of the kernel would slow the attack. */
const MAX_CONNECTING = 256;
/** Number of groups per second: independent clients do not send at the same time. */
const DRIP_TURNS = 100;
const DRIP_TURN_MS = 10;
const MUTE_CHUNK = Buffer.alloc(64 * 1024, 'x');
/** Far more than the buffers of both ends hold, by default up to 40 MB. */
const ENOUGH_BYTES = 64 * 1024 * 1024;
const FLOOD_TICK_MS = 10;
/** Maximum time to catch up after a stall: a larger burst would overflow the server's receive buffer. */
const MAX_BURST_MS = 100;
/** Far longer than an echo takes. */
const LAST_ANSWERS_MS = 5_000;

let stopping = false;
process.stdin.on('end', () => {
  stopping = true;
});
process.stdin.resume();

const counts = { opened: 0, refused: 0, sent: 0, answered: 0, wrong: 0 };
const held = new Set<Socket>();
let readyAt: number | undefined;
const report = (event: Report['event']): void => {
  readyAt ??= performance.now();
  const seconds = (performance.now() - readyAt) / 1_000;
  process.stdout.write(
    `${JSON.stringify({ event, ...counts, held: held.size, seconds } satisfies Report)}\n`,
  );
};

if (attack.kind === 'flood') await flood();
else if (attack.kind === 'reset') await resets();
else await connections();
report('done');
process.exit();

async function connections(): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < attack.clients && !stopping) await admit(next++);
  };
  await Promise.all(Array.from({ length: MAX_CONNECTING }, one));
  report('ready');
  if (attack.kind === 'drip') await drip();
  else while (!stopping) await delay(50);
  report('ready');
  for (const socket of held) socket.destroy();
}

/** Resolves when the connection is served or refused. */
function admit(number: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = open(number);
  // A client that never reads can't know more than that it is connected.
  let settled = false;
  const ended = (as: 'refused' | 'wrong'): void => {
    if (!settled) counts[as] += 1;
    settled = true;
  };
  socket.on('connect', () => {
    held.add(socket);
    if (attack.kind === 'mute') {
      counts.opened += 1;
      settled = true;
      socket.pause();
      shout(socket);
      resolve();
    } else {
      counts.sent += 1;
      socket.write('?');
    }
  });
  socket.on('data', (chunk) => {
    counts.answered += chunk.length;
    if (settled) return;
    settled = true;
    counts.opened += 1;
    resolve();
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => ended(isReset(code) ? 'refused' : 'wrong'));
  socket.on('close', () => {
    ended('wrong');
    held.delete(socket);
    resolve();
  });
  return promise;
}

function shout(socket: Socket): void {
  if (socket.destroyed || socket.bytesWritten >= (attack.bytesEach ?? ENOUGH_BYTES)) return;
  socket.write(MUTE_CHUNK, () => shout(socket));
}

/** Whether an error of a read or a write means RST. */
function isReset(code: string | undefined): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Sends a byte per second on each connection until the end, then waits for the bytes in flight. */
async function drip(): Promise<void> {
  const sockets = [...held];
  for (let turn = 0; !stopping; turn = (turn + 1) % DRIP_TURNS) {
    for (let index = turn; index < sockets.length; index += DRIP_TURNS) {
      const socket = sockets[index]!;
      if (!held.has(socket)) continue;
      counts.sent += 1;
      socket.write('.');
    }
    await delay(DRIP_TURN_MS);
  }
  const deadline = performance.now() + LAST_ANSWERS_MS;
  while (counts.answered < counts.sent && performance.now() < deadline) await delay(DRIP_TURN_MS);
}

/** Opens connections and resets them at once, until the end. */
async function resets(): Promise<void> {
  let number = 0;
  const one = async (): Promise<void> => {
    while (!stopping) {
      const socket = open(number++);
      await new Promise<void>((resolve) => {
        socket.on('connect', () => {
          counts.opened += 1;
          socket.resetAndDestroy();
        });
        socket.on('error', () => {
          counts.wrong += 1;
        });
        socket.on('close', () => resolve());
      });
    }
  };
  report('ready');
  await Promise.all(Array.from({ length: attack.clients }, one));
}

/** Sends datagrams at a fixed rate from one source, until the end. */
async function flood(): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, sourceOf(0), resolve));
  socket.on('message', () => {
    counts.answered += 1;
  });
  report('ready');
  let due = 0;
  let beforeMs = performance.now();
  while (!stopping) {
    const nowMs = performance.now();
    due += (Math.min(nowMs - beforeMs, MAX_BURST_MS) / 1_000) * attack.clients;
    beforeMs = nowMs;
    for (; counts.sent < Math.floor(due); counts.sent += 1) socket.send('flood', attack.port, '127.0.0.1');
    await delay(FLOOD_TICK_MS);
  }
  // Waits for the replies in flight.
  await delay(200);
}

function open(number: number): Socket {
  return connect({ port: attack.port, host: '127.0.0.1', localAddress: sourceOf(number) });
}

/** Addresses from 127.0.1.1 on: each has its own source ports and its own limit. */
function sourceOf(number: number): string {
  return `127.0.1.${1 + (number % attack.sources)}`;
}
