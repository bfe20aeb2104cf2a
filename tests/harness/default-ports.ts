import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { keysOf, services } from '../repo/services.ts';

/**
 * Whoever listens here has the default ports: test files run side by side, and so may those of another checkout.
 * A port, because the kernel gives it back whatever way its owner ends.
 */
const TURN_PORT = 17_007;
const HOST = '127.0.0.1';
/** Longer than every other test file with the default ports needs them, one after the other. */
const TURN_TIMEOUT_MS = 240_000;
/** For hooks that wait for their turn. */
export const DEFAULT_PORTS_TIMEOUT_MS = TURN_TIMEOUT_MS + 20_000;

/**
 * Waits until no other test file uses the default ports of the services, and keeps the others waiting until it is
 * disposed of.
 *
 * @throws Error when it takes too long, or when something else has one of the ports
 */
export async function takeDefaultPorts(): Promise<AsyncDisposable> {
  const signal = AbortSignal.timeout(TURN_TIMEOUT_MS);
  for (;;) {
    const turn = await takeTurn();
    if (turn) {
      await requireFreePorts();
      return turn;
    }
    await turnIsOver(signal);
    if (signal.aborted) {
      throw new Error(
        `port ${TURN_PORT} was in use for ${TURN_TIMEOUT_MS / 1000} s: the test files with the default ports take ` +
          'turns by it. Stop what uses it.',
      );
    }
  }
}

/** @throws Error that names those of the services' default ports that are in use */
export async function requireFreePorts(): Promise<void> {
  const ports = await defaultPorts();
  const tcp = ports.map((port) => takes(`TCP port ${port}`, createServer().listen(port, HOST)));
  const udp = ports.map((port) => takes(`UDP port ${port}`, createSocket('udp4').bind(port, HOST)));
  const taken = (await Promise.all([...tcp, ...udp])).filter((name) => name !== undefined);
  if (taken.length > 0) {
    throw new Error(`npm start needs its default ports; in use: ${taken.join(', ')}. Stop what uses them.`);
  }
}

/** Every port that a service listens on unless it is told otherwise. */
async function defaultPorts(): Promise<number[]> {
  const keys = await Promise.all(services.map(keysOf));
  const ports = keys
    .flatMap((ofOne) => Object.entries(ofOne))
    .filter(([name]) => /port$/i.test(name))
    .map(([, key]) => Number(key.default));
  return [...new Set(ports)].filter((port) => port !== 0);
}

async function takeTurn(): Promise<AsyncDisposable | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => waiting.delete(socket));
  }).listen(TURN_PORT, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of waiting) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** The one whose turn it is closes the connections of the others at its end. */
async function turnIsOver(signal: AbortSignal): Promise<void> {
  const socket = connect(TURN_PORT, HOST);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close', { signal }).catch(() => {});
  socket.destroy();
}

/** The name of a port that can't be had. */
async function takes(name: string, socket: Server | UdpSocket): Promise<string | undefined> {
  try {
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
    return undefined;
  } catch {
    return name;
  }
}
