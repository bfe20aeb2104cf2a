import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../../tests/harness/free-port.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

/** The result of a datagram to a port: the reply, or the code of the ICMP error. */
async function askConnected(port: number): Promise<string> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const answer = once(socket, 'message').then(
    ([message]) => String(message),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  socket.send('ping');
  const result = await answer;
  socket.close();
  return result;
}

it('should serve UDP alone with TCP=off', async () => {
  const port = await freePort();
  await using echo = await openLocalEcho({ PORT: String(port), TCP: 'off' });
  await using udp = await UdpClient.open();
  expect(String(await udp.ask('ping', port))).toBe('ping');
  using tcp = new TcpClient(port);
  expect(await tcp.ended).toBe('ECONNREFUSED');
  expect(() => echo.portOf('echo-tcp')).toThrow('no listener echo-tcp');
});

it('should serve TCP alone with UDP=off', async () => {
  const port = await freePort();
  await using echo = await openLocalEcho({ PORT: String(port), UDP: 'off' });
  using tcp = await TcpClient.connect(port);
  expect(await tcp.ask('ping')).toBe('ping');
  expect(await askConnected(port)).toBe('ECONNREFUSED');
  expect(() => echo.portOf('echo-udp')).toThrow('no listener echo-udp');
});

it('should serve both on one port by default', async () => {
  const port = await freePort();
  await using _echo = await openLocalEcho({ PORT: String(port) });
  using tcp = await TcpClient.connect(port);
  expect(await tcp.ask('ping')).toBe('ping');
  expect(await askConnected(port)).toBe('ping');
});

it('should report the TCP port that is in use and its key', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(openLocalEcho({ PORT: String(port), UDP: 'off' })).rejects.toThrow(
    `echo-tcp: can't listen on 127.0.0.1 port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
  );
  server.close();
});

it('should report the UDP port that is in use and its key', async () => {
  await using taken = await UdpClient.open('127.0.0.1');
  const { port } = taken.socket.address();
  await expect(openLocalEcho({ PORT: String(port), TCP: 'off' })).rejects.toThrow(
    `echo-udp: can't listen on 127.0.0.1 port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
  );
});
