import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that kernels give to clients (from 32768 on Linux, 49152 elsewhere): one of those is soon taken by
 * a connection of some other test. Above the ports of well-known services.
 */
const PORTS = { first: 15_000, end: 32_768 } as const;

/** A port that was free a moment ago, on IPv4 and IPv6: for services that can't be given port 0. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end);
    const server = createServer().listen(port, '::');
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
