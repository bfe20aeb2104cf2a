import { once } from 'node:events';
import { ECHO_PORT, type FaultLab, TARGET } from './fault-lab.ts';

/** Ports of the target with services that misbehave, beside the echo that does not. */
export const PORTS = {
  /** Nothing listens. */
  closed: ECHO_PORT + 90,
  /** Takes connections and closes them. */
  closing: ECHO_PORT + 100,
  /** Takes connections and datagrams, and never answers. */
  stalled: ECHO_PORT + 200,
  /** Answers late. */
  slow: ECHO_PORT + 300,
  /** Takes no connection: its accept queue is full. */
  full: ECHO_PORT + 400,
} as const;

const SLOW_MS = 400;

const SERVICES = `
  import { createServer } from 'node:net';
  import { createSocket } from 'node:dgram';
  const { closing, stalled, slow, full } = JSON.parse(process.argv[1]);
  const host = process.argv[2];
  const serve = (port, took, backlog = 511) => new Promise((resolve) => {
    createServer((socket) => { socket.on('error', () => {}); took(socket); }).listen({ port, host, backlog }, resolve);
  });
  await serve(closing, (socket) => socket.end());
  await serve(stalled, () => {});
  await serve(slow, (socket) => socket.on('data', (bytes) => setTimeout(() => socket.write(bytes), ${SLOW_MS})).on('end', () => socket.end()));
  await new Promise((resolve) => createSocket('udp4').bind(stalled, host, resolve));
  console.log('ready');`;

/** Listens, and then is stopped. */
const STOPPED = `
  const [port, host] = process.argv.slice(1);
  require('node:net').createServer().listen({ port, host, backlog: 1 }, () => {
    console.log('ready');
    process.kill(process.pid, 'SIGSTOP');
  });`;

/** Fills the queue; the kernel of the target keeps the connections though their other ends are gone. */
const FILL = `
  import { connect } from 'node:net';
  const [port, host] = process.argv.slice(1);
  for (let index = 0; index < 4; index += 1) connect(port, host).on('error', () => {});
  setTimeout(() => process.exit(), 300);`;

/** Starts the services at the target; resolves when all of them are as they should be. */
export async function startPrograms(lab: FaultLab): Promise<void> {
  const { target } = lab;
  const services = target.start(
    ...[process.execPath, '--input-type=module', '-e', SERVICES, JSON.stringify(PORTS), TARGET.v4],
  );
  const stopped = target.start(process.execPath, '-e', STOPPED, String(PORTS.full), TARGET.v4);
  await Promise.all([services, stopped].map(({ stdout }) => once(stdout!, 'data')));
  await target.evaluate(FILL, String(PORTS.full), TARGET.v4);
}
