/**
 * The clients of an attack as a process of its own, so that neither its work nor its garbage is on anybody else's event
 * loop. Takes an `Attack` as its argument, prints a `Report` as a line each time it has one, and ends its clients when
 * its standard input ends.
 */
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Report } from './attack.ts';

const attack = JSON.parse(process.argv[2] ?? '{}') as Attack;
/** Connections that are under way at once: fewer than any backlog holds, or the kernel's retries set the pace. */
const MAX_CONNECTING = 256;
/** Clients that know nothing of each other are not in step: every hundredth of a second it is others' turn. */
const DRIP_TURNS = 100;
const DRIP_TURN_MS = 10;
const MUTE_CHUNK = Buffer.alloc(64 * 1024, 'x');
/** Far more than the buffers of both ends hold, by default up to 40 MB. */
const ENOUGH_BYTES = 64 * 1024 * 1024;
const FLOOD_TICK_MS = 10;
/** Who gets no core for a while does not make up for it: a gust would find no room in the server's kernel. */
const MAX_GUST_MS = 100;
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

/** Resolves when it is known whether the server keeps the connection. */
function admit(number: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = open(number);
  // Of one that never reads nothing more is to be known once it is connected.
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

/** What RST is at the other end: of a read, or of a write behind it. */
function isReset(code: string | undefined): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** A byte a second of each, until told to stop; then waits for those that are under way. */
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

/** Connections that are reset as soon as they are there, until told to stop. */
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

/** Datagrams at a fixed rate from one source, until told to stop. */
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
    due += (Math.min(nowMs - beforeMs, MAX_GUST_MS) / 1_000) * attack.clients;
    beforeMs = nowMs;
    for (; counts.sent < Math.floor(due); counts.sent += 1) socket.send('flood', attack.port, '127.0.0.1');
    await delay(FLOOD_TICK_MS);
  }
  // What is still under way.
  await delay(200);
}

function open(number: number): Socket {
  return connect({ port: attack.port, host: '127.0.0.1', localAddress: sourceOf(number) });
}

/** 127.0.1.1 and on: each has ports of its own and a limit of its own. */
function sourceOf(number: number): string {
  return `127.0.1.${1 + (number % attack.sources)}`;
}
