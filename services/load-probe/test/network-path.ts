import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Ended, ended } from './program.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Of the links of every path; documentation networks (RFC 5737) that exist in its namespaces only. */
const CLIENT = '192.0.2.2';
const ROUTER_TO_CLIENT = '192.0.2.1';
export const SERVER = '198.51.100.2';
const ROUTER_TO_SERVER = '198.51.100.1';
/** On the link of the server, but nobody's. */
export const NOBODY = '198.51.100.77';

/** Why no path can be built here, for `skipFor`; undefined where one can. */
export function pathProblem(): string | undefined {
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    const name = `l4-probe-${process.pid}`;
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return undefined;
  } catch (error) {
    return `no network namespaces: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** A client, a router and a server, each in a network namespace, with two links between them. */
export interface NetworkPath {
  /** Runs nftables commands in the router. */
  filter(...rules: readonly string[]): void;
  /** Runs the program at the client. */
  run(args: readonly string[]): Promise<Ended>;
  /** Runs a module's source at the client. */
  evaluate(source: string): Promise<Ended>;
  /** Starts a service at the server that echoes over TCP and UDP; resolves with its port. */
  startEcho(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param serverMtu bytes of a packet on the link of the server; on that of the client it is 1500 */
export function createPath({ serverMtu }: { readonly serverMtu: number }): NetworkPath {
  const id = `l4p${process.pid}`;
  const [client, router, server] = [`${id}c`, `${id}r`, `${id}s`];
  const running: ReturnType<typeof spawn>[] = [];
  const inside = (namespace: string, ...command: readonly string[]): void =>
    ip('netns', 'exec', namespace, ...command);
  for (const namespace of [client, router, server]) ip('netns', 'add', namespace);
  ip('link', 'add', 'c0', 'netns', client, 'type', 'veth', 'peer', 'name', 'r0', 'netns', router);
  ip('link', 'add', 's0', 'netns', server, 'type', 'veth', 'peer', 'name', 'r1', 'netns', router);
  const interfaces = [
    { namespace: client, device: 'c0', address: CLIENT, mtu: 1500 },
    { namespace: router, device: 'r0', address: ROUTER_TO_CLIENT, mtu: 1500 },
    { namespace: router, device: 'r1', address: ROUTER_TO_SERVER, mtu: serverMtu },
    { namespace: server, device: 's0', address: SERVER, mtu: serverMtu },
  ];
  for (const { address, device, mtu, namespace } of interfaces) {
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'mtu', String(mtu), 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  ip('-n', client, 'route', 'add', '198.51.100.0/24', 'via', ROUTER_TO_CLIENT);
  ip('-n', server, 'route', 'add', '192.0.2.0/24', 'via', ROUTER_TO_SERVER);
  inside(router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  inside(router, 'nft', 'add table ip path');
  inside(router, 'nft', 'add chain ip path forward { type filter hook forward priority 0; }');
  inside(router, 'nft', 'add chain ip path output { type filter hook output priority 0; }');

  const start = (namespace: string, ...command: readonly string[]) => {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...command]);
    running.push(child);
    return child;
  };
  return {
    filter(...rules) {
      for (const rule of rules) inside(router, 'nft', rule);
    },
    run: (args) => ended(start(client, MAIN, ...args)),
    evaluate: (source) => ended(start(client, '--input-type=module', '-e', source)),
    async startEcho() {
      const source = `
        const server = require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket));
        server.listen(0, '${SERVER}', () => {
          const { port } = server.address();
          const udp = require('node:dgram').createSocket('udp4');
          udp.on('message', (bytes, { address, port }) => udp.send(bytes, port, address));
          udp.bind(port, '${SERVER}', () => console.log(port));
        });`;
      const [port] = await once(start(server, '-e', source).stdout!, 'data');
      return Number(String(port));
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }
      for (const namespace of [client, router, server]) ip('netns', 'del', namespace);
    },
  };
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
