import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { findProgram } from './programs.ts';

const START_TIMEOUT_MS = 5_000;

export interface Server {
  readonly port: number;
  /** Options of the server, such as `send-proxy-v2`. */
  readonly options: string;
}

/** One port of HAProxy, and the servers behind it. */
export interface Route {
  /** By name; connections go to each in turn. */
  readonly servers: Readonly<Record<string, Server>>;
  /** More lines of its section, such as `option httpchk GET /readyz`. */
  readonly settings?: readonly string[];
}

/** A connection that a client has had to a route, as HAProxy logs it at its end. */
export interface Session {
  /** `<NOSRV>` where it was given to none. */
  readonly server: string;
  /** Bytes that the client got. */
  readonly returned: number;
  /** Why it ended, HAProxy Configuration Manual 8.5: `--` at the client's or the server's wish, `SC` for no connection to the server. */
  readonly end: string;
}

/** HAProxy in the foreground with a configuration of its own: every route on a free port of 127.0.0.1 and ::1. */
export interface HaProxy<Name extends string> extends AsyncDisposable {
  readonly ports: Readonly<Record<Name, number>>;
  /** Whether HAProxy gives new connections to a server of a route. */
  isUp(route: Name, server: string): Promise<boolean>;
  /** The connections to a route that have ended. */
  sessions(route: Name): Session[];
}

export async function startHaProxy<Name extends string>(
  routes: Readonly<Record<Name, Route>>,
): Promise<HaProxy<Name>> {
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const names = Object.keys(routes) as Name[];
  const ports = {} as Record<Name, number>;
  for (const name of names) ports[name] = await freePort();
  const statusPort = await freePort();
  const config = [
    'global\n  maxconn 256\n  log stdout format raw local0',
    'defaults\n  mode tcp\n  log global\n  log-format "session %f %s %B %ts"\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s',
    // HAProxy answers this port itself, so that a check of HAProxy sends nothing to a server.
    `frontend status\n  mode http\n  no log\n  bind 127.0.0.1:${statusPort}\n  stats enable\n  stats uri /`,
    ...names.map((name) => {
      const { servers, settings = [] } = routes[name];
      return [
        `listen ${name}`,
        `bind 127.0.0.1:${ports[name]}`,
        `bind [::1]:${ports[name]}`,
        ...settings,
        ...Object.entries(servers).map(
          ([server, { port, options }]) => `server ${server} 127.0.0.1:${port} ${options}`,
        ),
      ].join('\n  ');
    }),
  ];
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, `${config.join('\n\n')}\n`);
  // -db: in the foreground, whatever the configuration says.
  const child = spawn(findProgram('haproxy')!, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const sessions: (Session & { readonly route: string })[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [kind, route = '', server = '', returned, end = ''] = line.split(' ');
    if (kind === 'session')
      sessions.push({ route, server: server.split('/').at(-1)!, returned: Number(returned), end });
  });
  const status = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${statusPort}/;csv`);
    if (!answer.ok) throw new Error(`haproxy answers ${answer.status}`);
    return answer.text();
  };
  const proxy: HaProxy<Name> = {
    ports,
    sessions: (route) => sessions.filter((session) => session.route === route),
    isUp: async (route, server) => serverIsUp(await status(), route, server),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
  try {
    await eventually(status, START_TIMEOUT_MS);
    return proxy;
  } catch (error) {
    await proxy[Symbol.asyncDispose]();
    throw new Error(`haproxy does not start: ${said}`, { cause: error });
  }
}

/** HAProxy Management Guide 9.1: a line for each server, with its route first and `UP` among its columns. */
function serverIsUp(csv: string, route: string, server: string): boolean {
  const [header = '', ...lines] = csv.split('\n');
  const line = lines.find((text) => text.startsWith(`${route},${server},`));
  if (line === undefined) throw new Error(`haproxy knows no server ${server} of ${route}:\n${csv}`);
  // Exactly `UP`: with more words the server is changing its state.
  return line.split(',')[header.split(',').indexOf('status')] === 'UP';
}
