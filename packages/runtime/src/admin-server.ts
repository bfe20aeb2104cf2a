import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import { AdminListenError } from './errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './log.ts';
import type { Supervisor } from './supervisor.ts';

/** A heart silent for longer than this is a hung event loop, not a busy one. Seconds. */
const HEARTBEAT_STALE_S = 5;

export interface AdminOptions {
  readonly service: { readonly name: string; readonly version: string };
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly supervisor: Supervisor;
  readonly registry: Registry;
}

/** The admin HTTP application: health, metrics, version. A service may add routes before it listens. */
export function openAdmin({ service, log, lifecycle, supervisor, registry }: AdminOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
  });

  app.get('/livez', (_request, reply) => {
    const { heartbeatAge } = supervisor.status();
    const alive = heartbeatAge <= HEARTBEAT_STALE_S;
    const status = alive ? 'alive' : 'hung';
    void reply.code(alive ? 200 : 503);
    return {
      status,
      heartbeatAgeSeconds: round(heartbeatAge),
      ...(!alive && { reason: `a data-plane worker has been silent for more than ${HEARTBEAT_STALE_S} s` }),
    };
  });

  app.get('/readyz', (_request, reply) => {
    const { listening, workers } = supervisor.status();
    const ready = lifecycle.phase === 'running' && listening === workers;
    void reply.code(ready ? 200 : 503);
    if (ready) return { status: 'ready', workers };
    return { status: lifecycle.phase === 'running' ? 'starting' : lifecycle.phase, workers, listening };
  });

  app.get('/metrics', async (_request, reply) => {
    void reply.type(registry.contentType);
    return registry.metrics();
  });

  app.get('/version', () => ({ ...service, node: process.versions.node }));

  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `nothing at ${request.method} ${request.url.slice(0, 200)}` }),
  );
  return app;
}

export interface AdminListener {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  close(): Promise<void>;
}

/** Serves the application on every address; port 0 picks one port for all of them. */
export async function listenAdmin(
  app: FastifyInstance,
  hosts: readonly string[],
  port: number,
): Promise<AdminListener> {
  await app.ready();
  const servers: Server[] = [];
  const addresses: { address: string; port: number }[] = [];
  for (const host of hosts) {
    const server = createServer((request, response) => app.routing(request, response));
    servers.push(server);
    // Leave IPv4 to a listener of its own; otherwise :: takes both.
    const ipv6Only = hosts.includes('0.0.0.0');
    addresses.push(await listen(server, { host, port: addresses[0]?.port ?? port, ipv6Only }));
  }
  return {
    addresses,
    async close() {
      // The page's event streams would otherwise keep their connections open for ever.
      await app.close();
      await Promise.all(
        servers.map(async (server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          await closed;
        }),
      );
    },
  };
}

interface AdminPlace {
  readonly host: string;
  readonly port: number;
  readonly ipv6Only: boolean;
}

async function listen(server: Server, place: AdminPlace): Promise<AddressInfo> {
  const { host, port } = place;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(place, resolve);
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AdminListenError(
      code === 'EADDRINUSE'
        ? `admin listener: port ${port} on ${host} is in use (EADDRINUSE); stop what uses it or set ADMIN_PORT`
        : `admin listener: can't listen on ${host} port ${port}: ${message}; check ADMIN_HOST and ADMIN_PORT`,
    );
  }
  return server.address() as AddressInfo;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
