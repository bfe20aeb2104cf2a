import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/free-port.ts';
import { findProgram } from './programs.ts';

const START_TIMEOUT_MS = 5_000;

/** One port of HAProxy, and the server behind it. */
export interface Route {
  readonly serverPort: number;
  /** What HAProxy is told about the server, such as `send-proxy-v2`. */
  readonly options: string;
}

/** HAProxy in the foreground with a configuration of its own: every route on a free port of 127.0.0.1 and ::1. */
export interface HaProxy<Name extends string> extends AsyncDisposable {
  readonly ports: Readonly<Record<Name, number>>;
}

export async function startHaProxy<Name extends string>(
  routes: Readonly<Record<Name, Route>>,
): Promise<HaProxy<Name>> {
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const names = Object.keys(routes) as Name[];
  const ports = {} as Record<Name, number>;
  for (const name of names) ports[name] = await freePort();
  const readyPort = await freePort();
  const config = [
    'global\n  maxconn 256',
    'defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s',
    // Answers by itself: nothing is sent to a server to find out that HAProxy is there.
    `frontend ready\n  mode http\n  bind 127.0.0.1:${readyPort}\n  monitor-uri /ready`,
    ...names.map((name) => {
      const { serverPort, options } = routes[name];
      return [
        `listen ${name}`,
        `bind 127.0.0.1:${ports[name]}`,
        `bind [::1]:${ports[name]}`,
        `server target 127.0.0.1:${serverPort} ${options}`,
      ].join('\n  ');
    }),
  ];
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, `${config.join('\n\n')}\n`);
  // -db: in the foreground, whatever the configuration says.
  const child = spawn(findProgram('haproxy')!, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const proxy: HaProxy<Name> = {
    ports,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
  try {
    await eventually(async () => {
      const { ok } = await fetch(`http://127.0.0.1:${readyPort}/ready`);
      if (!ok) throw new Error('not ready');
    }, START_TIMEOUT_MS);
    return proxy;
  } catch (error) {
    await proxy[Symbol.asyncDispose]();
    throw new Error(`haproxy does not start: ${said}`, { cause: error });
  }
}
