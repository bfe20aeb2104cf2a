import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { AsyncUdp } from '../src/datagrams/async-udp.ts';
import { openAsyncUdp } from '../src/datagrams/open-async-udp.ts';
import { type ConnectEnd, LimitedConnect, type LimitedConnectOptions } from '../src/tcp/limited-connect.ts';

async function connect(
  options: Omit<LimitedConnectOptions, 'ttl'>,
): Promise<ConnectEnd & { readonly localPort: number }> {
  const udp = await openAsyncUdp();
  if (!(udp instanceof AsyncUdp)) throw new Error(udp.reason);
  const { promise, resolve } = Promise.withResolvers<ConnectEnd>();
  const { port: localPort } = new LimitedConnect(udp, { ...options, ttl: 1 }, resolve).localAddress;
  return { ...(await promise), localPort };
}

it.each([
  [4, '127.0.0.1'],
  [6, '::1'],
] as const)('should connect again from the same port, and be refused, over IPv%i', async (family, host) => {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const resets: Promise<unknown>[] = [];
  server.on('connection', (socket) => resets.push(once(socket, 'error')));
  const first = await connect({ family, host, port, localPort: 0 });
  expect(first.name).toBe('connected');
  expect(await connect({ family, host, port, localPort: first.localPort })).toEqual(first);
  while (resets.length < 2) await once(server, 'connection');
  expect((await Promise.all(resets)).flat()).toMatchObject([{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }]);
  server.close();
  await once(server, 'close');
  const refused = await connect({ family, host, port, localPort: first.localPort });
  expect(refused).toMatchObject({ name: 'failed', error: { code: 'ECONNREFUSED', syscall: 'connect' } });
});

it('should name the call that failed', async () => {
  const options = { family: 4, host: '127.0.0.1', port: 9, localPort: 0 } as const;
  await expect(connect({ ...options, host: '255.255.255.255' })).rejects.toMatchObject({
    syscall: 'connect',
    code: 'ENETUNREACH',
  });
});
