import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';

/** What a datagram to a port meets: the answer, or the code of the ICMP error. */
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
  await using echo = await ServiceProcess.start('echo', { PORT: String(port), TCP: 'off' });
  await using udp = await UdpClient.open();
  expect(String(await udp.ask('ping', port))).toBe('ping');
  using tcp = new TcpClient(port);
  expect(await tcp.ended).toBe('ECONNREFUSED');
  expect(() => echo.port('echo-tcp')).toThrow('no listener echo-tcp');
  expect(await echo.status('/readyz')).toBe(200);
});

it('should serve TCP alone with UDP=off', async () => {
  const port = await freePort();
  await using echo = await ServiceProcess.start('echo', { PORT: String(port), UDP: 'off' });
  using tcp = await TcpClient.connect(port);
  expect(await tcp.ask('ping')).toBe('ping');
  expect(await askConnected(port)).toBe('ECONNREFUSED');
  expect(() => echo.port('echo-udp')).toThrow('no listener echo-udp');
  expect(await echo.status('/readyz')).toBe(200);
});

it('should serve both on one port by default', async () => {
  const port = await freePort();
  await using _echo = await ServiceProcess.start('echo', { PORT: String(port) });
  using tcp = await TcpClient.connect(port);
  expect(await tcp.ask('ping')).toBe('ping');
  expect(await askConnected(port)).toBe('ping');
});

/** Starts echo on a port that is taken; what it says last. */
async function failOn(port: number): Promise<{ code: number | null; fatal: string[] }> {
  await using echo = ServiceProcess.spawn('echo', { PORT: String(port), HOST: '127.0.0.1' });
  const { code } = await echo.exited;
  return { code, fatal: echo.log.filter(({ level }) => level === 'fatal').map(({ msg }) => msg) };
}

it('should name the TCP port that is in use and its key, and exit with code 1', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { code, fatal } = await failOn(port);
  server.close();
  expect(code).toBe(1);
  expect(fatal).toEqual([
    `echo-tcp: can't listen on 127.0.0.1 port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
  ]);
});

it('should name the UDP port that is in use and its key, and exit with code 1', async () => {
  // One of the kernel's choice may be that of a TCP connection, and echo listens for those first.
  const port = await freePort();
  await using _taken = await UdpClient.open('127.0.0.1', port);
  const { code, fatal } = await failOn(port);
  expect(code).toBe(1);
  expect(fatal).toEqual([
    `echo-udp: can't listen on 127.0.0.1 port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
  ]);
});
