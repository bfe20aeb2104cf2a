import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mainOfService, NODE } from '../../../../tests/harness/main-module.ts';
import { ip, Namespace } from '../../../../tests/harness/namespace.ts';
import { type Ended, ended, MAIN } from '../program.ts';
import { ThreadHost } from '../thread-host.ts';

/** Addresses of every path, from documentation networks (RFC 5737); they exist in its namespaces only. */
export const CLIENT = '192.0.2.2';
export const ROUTER_TO_CLIENT = '192.0.2.1';
/** Address of the router on the link of the client. */
export const ON_LINK = 'fe80::5:1';
export const SERVER = '198.51.100.2';
export const SERVER_2 = '198.51.100.3';
export const ROUTER_TO_SERVER = '198.51.100.1';
/** An unused address on the link of the server. */
export const UNUSED = '198.51.100.77';

/** A program that echoes over TCP, and over UDP after a delay, at the given address and a free port, which it prints. */
const ECHO = `
  const [host, delayMs] = process.argv.slice(1);
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, host, () => {
    const { port } = server.address();
    const udp = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
    udp.on('message', (bytes, { address, port }) => {
      const reply = () => udp.send(bytes, port, address);
      if (delayMs === '0') reply();
      else setTimeout(reply, Number(delayMs));
    });
    udp.bind(port, host, () => console.log(port));
  });`;

/** Starts the echo in a namespace; resolves with its port. A wildcard address would reply from a wrong address. */
export async function startEcho(namespace: Namespace, host: string, delayMs = 0): Promise<number> {
  const echo = namespace.start(process.execPath, '-e', ECHO, host, String(delayMs));
  const [port] = await once(echo.stdout!, 'data');
  return Number(String(port));
}

/** A client, a router and a server, each in a network namespace, with two links between them. */
export interface NetworkPath {
  /** Runs nftables commands in the router. */
  filter(...rules: readonly string[]): void;
  /** What an nftables command prints in the router. */
  read(...command: readonly string[]): string;
  /** Takes all rules out of the router again. */
  clear(): void;
  /** Starts the program at the client. */
  start(args: readonly string[]): ChildProcess;
  /** Runs the program at the client. */
  run(args: readonly string[]): Promise<Ended>;
  /** Runs a module's source at the client. */
  evaluate(source: string): Promise<Ended>;
  /** Starts a service at the server, or at the router on the client's link, that echoes over TCP and UDP; resolves with its port. */
  startEcho(where?: 'server' | 'router', delayMs?: number): Promise<number>;
  /** Starts daytime at the server; resolves when its sessions are served on this port. */
  startSessions(port: number, ...flags: readonly string[]): Promise<void>;
  /** Starts the STAMP reflector of echo at the server, by default at its first address; resolves when it listens. */
  startReflector(port: number, host?: string, ...flags: readonly string[]): Promise<void>;
  [Symbol.dispose](): void;
}

/** @param serverMtu MTU of the link of the server, bytes; the link of the client has 1500 */
export function createPath({ serverMtu }: { readonly serverMtu: number }): NetworkPath {
  const [client, router, server] = [new Namespace(), new Namespace(), new Namespace()];
  client.link('c0', router, 'r0');
  server.link('s0', router, 'r1');
  client.up('c0', [`${CLIENT}/24`, 'fe80::5:2/64']);
  router.up('r0', [`${ROUTER_TO_CLIENT}/24`, `${ON_LINK}/64`]);
  router.up('r1', [`${ROUTER_TO_SERVER}/24`], serverMtu);
  server.up('s0', [`${SERVER}/24`, `${SERVER_2}/24`], serverMtu);
  ip('-n', client.name, 'route', 'add', '198.51.100.0/24', 'via', ROUTER_TO_CLIENT);
  ip('-n', server.name, 'route', 'add', '192.0.2.0/24', 'via', ROUTER_TO_SERVER);
  router.execute('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const filter = (...rules: readonly string[]): void => router.execute('nft', rules.join('\n'));
  const clear = (): void =>
    filter(
      'flush ruleset',
      'add table ip path',
      'add chain ip path forward { type filter hook forward priority 0; }',
      'add chain ip path output { type filter hook output priority 0; }',
    );
  clear();

  const node = (namespace: Namespace, ...args: readonly string[]): ChildProcess =>
    namespace.start(...NODE, ...args);
  const serve = async (service: string, host: string, ...flags: readonly string[]): Promise<void> => {
    const program = node(server, mainOfService(service), '--port', '0', '--host', host, ...flags);
    for await (const line of createInterface({ input: program.stdout! })) {
      if (JSON.parse(line).msg === 'listening') break;
    }
    program.stdout!.resume();
  };
  let host: ThreadHost | undefined;
  return {
    filter,
    read: (...command) => router.output('nft', ...command),
    clear,
    start: (args) => node(client, MAIN, ...args),
    run(args) {
      host ??= new ThreadHost(client);
      return host.run(MAIN, args);
    },
    evaluate: (source) => ended(node(client, '--input-type=module', '-e', source)),
    startEcho: (where, delayMs) =>
      where === 'router' ? startEcho(router, `${ON_LINK}%r0`, delayMs) : startEcho(server, SERVER, delayMs),
    startSessions: (port, ...flags) => serve('daytime', SERVER, '--session-port', String(port), ...flags),
    startReflector: (port, host = SERVER, ...flags) =>
      serve('echo', host, '--stamp-port', String(port), '--dialog-port', '0', ...flags),
    [Symbol.dispose]() {
      for (const namespace of [client, router, server]) namespace[Symbol.dispose]();
    },
  };
}
