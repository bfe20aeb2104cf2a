import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startXinetd } from '../tests/conformance/xinetd.ts';
import { eventually } from '../tests/harness/eventually.ts';
import { freePort } from '../tests/harness/free-port.ts';
import { findProgram } from '../tests/harness/programs.ts';
import type { Programs } from './programs.ts';
import { type Ports, type RunningServer, startServerProcess, startSilentServer } from './server-process.ts';
import { own, type ServerName, type Service } from './workloads.ts';

const HOST = '127.0.0.1';

/** The line of the Dockerfile with the command of a service, and the folder of its program in the image. */
const ENTRYPOINT = /^ENTRYPOINT (\["node", .*\])$/m;
const IMAGE_FOLDER = '/app';

/**
 * The defaults, except for free ports on loopback and for limits that the load would reach. The checks still run: each
 * connection is counted per source, each datagram takes a token.
 */
const environment: Readonly<Record<string, string>> = {
  HOST,
  ADMIN_HOST: HOST,
  PORT: '0',
  ADMIN_PORT: '0',
  DIALOG_PORT: '0',
  SESSION_PORT: '0',
  MAX_CONNECTIONS: '20000',
  RATE_PER_SOURCE: '10000000',
};

/** Starts a server for one service on a free port, through the command that pins it. */
export function startServer(
  server: ServerName,
  service: Service,
  programs: Programs,
  launcher: readonly string[],
): Promise<RunningServer> {
  switch (server) {
    case 'ours':
      return startOwn(service, programs.bundles, launcher);
    case 'before':
      return startOwn(service, programs.before!, launcher);
    case 'socat':
      return startSocat(launcher);
    case 'xinetd':
      return startXinetdFor(service, launcher);
    default:
      return startServerProcess([...launcher, programs.compiled(server, service)], {}, (lines) => {
        const [, port] = /^listening (\d+)$/m.exec(lines.join('\n')) ?? [];
        return port === undefined ? undefined : { port: Number(port) };
      });
  }
}

async function startOwn(
  service: Service,
  bundles: string,
  launcher: readonly string[],
): Promise<RunningServer> {
  const { service: name, listener } = own[service];
  const [, ...args] = entrypoint().map((part) =>
    part.startsWith(`${IMAGE_FOLDER}/`) ? join(bundles, name, part.slice(IMAGE_FOLDER.length)) : part,
  );
  // Its port may not be 0, which is off.
  const STAMP_PORT = service === 'stamp' ? String(await freePort()) : '0';
  const env = { ...environment, STAMP_PORT };
  return startServerProcess([...launcher, process.execPath, ...args], env, (lines) =>
    ownPorts(lines, listener),
  );
}

/** The command of the images, so that the bench measures with the same flags of Node. */
function entrypoint(): readonly string[] {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const [, command] = ENTRYPOINT.exec(dockerfile) ?? [];
  if (command === undefined) throw new Error('Dockerfile: no line ENTRYPOINT ["node", …]');
  return JSON.parse(command) as readonly string[];
}

interface ListeningLine {
  readonly msg: string;
  readonly addresses?: readonly { readonly listener?: string; readonly port: number }[];
}

function ownPorts(lines: readonly string[], listener: string): Ports | undefined {
  const log = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ListeningLine);
  const addressesOf = (message: string) => log.find(({ msg }) => msg === message)?.addresses;
  const port = addressesOf('listening')?.find((address) => address.listener === listener)?.port;
  const adminPort = addressesOf('admin listening')?.[0]?.port;
  return port === undefined || adminPort === undefined ? undefined : { port, adminPort };
}

async function startSocat(launcher: readonly string[]): Promise<RunningServer> {
  const port = await freePort();
  const listen = `TCP-LISTEN:${port},bind=${HOST},reuseaddr,fork,backlog=1024,nodelay`;
  return startSilentServer([...launcher, findProgram('socat')!, listen, 'PIPE'], port, () =>
    eventually(() => accepts(port)),
  );
}

async function accepts(port: number): Promise<void> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

async function startXinetdFor(service: Service, launcher: readonly string[]): Promise<RunningServer> {
  const xinetd = await startXinetd(launcher);
  const { target } = xinetd;
  const ports: Readonly<Record<Service, number | undefined>> = {
    'tcp-echo': target.echoTcpPort,
    'udp-echo': target.echoUdpPort,
    'tcp-daytime': target.daytimeTcpPort,
    'udp-daytime': target.daytimeUdpPort,
    stamp: undefined,
  };
  return {
    pid: xinetd.pid,
    port: ports[service]!,
    lastOutput: () => '',
    [Symbol.asyncDispose]: () => xinetd[Symbol.asyncDispose](),
  };
}
