import { once } from 'node:events';
import { expect, it } from 'vitest';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

const CROWD = 100;

it('should answer who has just come before those who asked behind them', async () => {
  await using echo = await ServiceProcess.start('echo');
  const port = echo.port('echo-tcp');
  await using clients = new AsyncDisposableStack();
  const join = async (): Promise<TcpClient> => clients.use(await TcpClient.connect(port));
  const crowd = await Promise.all(Array.from({ length: CROWD }, join));
  await Promise.all(crowd.map((client) => client.ask('here')));

  const answered: TcpClient[] = [];
  const ask = async (client: TcpClient): Promise<void> => {
    client.socket.once('data', () => answered.push(client));
    const { promise: sent, resolve } = Promise.withResolvers<unknown>();
    client.socket.write('?', resolve);
    await sent;
  };
  echo.child.kill('SIGSTOP');
  try {
    const newcomer = await join();
    await ask(newcomer);
    for (const client of crowd) await ask(client);
    const all = Promise.all([newcomer, ...crowd].map(({ socket }) => once(socket, 'data')));
    echo.child.kill('SIGCONT');
    await all;
    expect(answered.indexOf(newcomer)).toBe(0);
  } finally {
    echo.child.kill('SIGCONT');
  }
});
