import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that was free a moment ago, on IPv4 and IPv6: for services that can't be given port 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
