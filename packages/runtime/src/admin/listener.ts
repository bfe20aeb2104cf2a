import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenText } from '@echo-daytime/addresses';
import type { FastifyInstance } from 'fastify';
import { AdminListenError } from '../errors.ts';

/**
 * Node's HTTP, without an import. An import reads every export of the module, and one export loads all of `fetch` and
 * WebSocket, which takes a quarter of the start-up time.
 */
const { createServer } = process.getBuiltinModule('node:http');

/**
 * A scraper or a health check sends its request at once. A slower client only holds a connection
 * (https://nodejs.org/api/http.html#serverrequesttimeout). Milliseconds.
 */
const SLOW_REQUESTS = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 };
/** The connection limit of each address. Scrapers, probes and open pages need far fewer. */
const MAX_CONNECTIONS = 1_000;

export interface AdminListener {
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  close(): Promise<void>;
}

/**
 * Serves the application on every address; port 0 picks one port for all of them.
 *
 * @param refused called for each connection beyond MAX_CONNECTIONS
 */
export async function listenAdmin(
  app: FastifyInstance,
  hosts: readonly string[],
  port: number,
  refused: () => void,
): Promise<AdminListener> {
  await app.ready();
  const servers: Server[] = [];
  const addresses: { address: string; port: number }[] = [];
  for (const host of hosts) {
    const server = createServer(SLOW_REQUESTS, (request, response) => app.routing(request, response));
    server.maxConnections = MAX_CONNECTIONS;
    server.on('drop', refused);
    servers.push(server);
    // :: takes IPv4 too, unless 0.0.0.0 has a listener of its own.
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

async function listen(
  server: Server,
  target: { readonly host: string; readonly port: number; readonly ipv6Only: boolean },
): Promise<AddressInfo> {
  const { host, port } = target;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  try {
    server.listen({ ...target, host: listenText(host) }, resolve);
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
