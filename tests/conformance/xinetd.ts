import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../harness/eventually.ts';
import { findProgram } from '../harness/programs.ts';
import { clauses } from './clauses.ts';
import { runClause } from './run-clauses.ts';
import { portKeys, type Target } from './target.ts';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 1_000;
const START_TIMEOUT_MS = 5_000;

/** xinetd with its built-in echo and daytime alone, on free ports of the loopback address. */
export interface Xinetd extends AsyncDisposable {
  readonly target: Target;
  readonly pid: number;
}

/** @param launcher what runs it, such as `taskset -c 0`; must `exec` it */
export async function startXinetd(launcher: readonly string[] = []): Promise<Xinetd> {
  const folder = await mkdtemp(join(tmpdir(), 'xinetd-'));
  const [echoTcpPort, echoUdpPort, daytimeTcpPort, daytimeUdpPort] = await freePorts();
  const target = {
    host: HOST,
    echoTcpPort,
    echoUdpPort,
    daytimeTcpPort,
    daytimeUdpPort,
    timeoutMs: TIMEOUT_MS,
  };
  const config = [
    // Its limit on connections per second would be taken for a fault of the service.
    `defaults { \n log_type = FILE ${folder}/log\n cps = 1000000 1\n }`,
    service('echo', 'tcp', echoTcpPort),
    service('echo', 'udp', echoUdpPort),
    service('daytime', 'tcp', daytimeTcpPort),
    service('daytime', 'udp', daytimeUdpPort),
  ];
  await writeFile(join(folder, 'xinetd.conf'), `${config.join('\n').replaceAll(' {', '\n{')}\n`);
  const [program = '', ...args] = [
    ...launcher,
    findProgram('xinetd')!,
    ...['-dontfork', '-f', join(folder, 'xinetd.conf'), '-pidfile', join(folder, 'pid')],
  ];
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const server: Xinetd = {
    target,
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
  try {
    await eventually(() => expectAll(target), START_TIMEOUT_MS);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function service(name: string, protocol: 'tcp' | 'udp', port: number): string {
  const fields = {
    id: `${name}-${protocol}`,
    // UNLISTED: a port that /etc/services does not have.
    type: 'INTERNAL UNLISTED',
    socket_type: protocol === 'tcp' ? 'stream' : 'dgram',
    protocol,
    wait: protocol === 'tcp' ? 'no' : 'yes',
    user: userInfo().username,
    bind: HOST,
    port,
  };
  const lines = Object.entries(fields).map(([key, value]) => `  ${key} = ${value}`);
  return `service ${name} {\n${lines.join('\n')}\n}`;
}

/** The first clause of a port is that a server listens. */
async function expectAll(target: Target): Promise<void> {
  for (const key of portKeys.filter((key) => key in target)) {
    const { outcome, reason } = await runClause(clauses.find(({ port }) => port === key)!, target);
    if (outcome !== 'held') throw new Error(`xinetd does not serve ${key}: ${reason}`);
  }
}

/** Ports that are free right now, two for TCP and two for UDP, as xinetd cannot be told to take any. */
async function freePorts(): Promise<[number, number, number, number]> {
  const servers = [createServer(), createServer()];
  const sockets = [createSocket('udp4'), createSocket('udp4')];
  for (const server of servers) await once(server.listen(0, HOST), 'listening');
  for (const socket of sockets) {
    socket.bind(0, HOST);
    await once(socket, 'listening');
  }
  const [echoTcp, daytimeTcp] = servers.map((server) => (server.address() as AddressInfo).port);
  const [echoUdp, daytimeUdp] = sockets.map((socket) => socket.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  return [echoTcp!, echoUdp!, daytimeTcp!, daytimeUdp!];
}
