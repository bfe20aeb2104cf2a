import { expect, it } from 'vitest';
import { mainModule } from './main-module.ts';
import { POISON } from './poison-reads.ts';
import { ServiceProcess } from './service-process.ts';
import { TcpClient } from './tcp-client.ts';

it('should have the data planes of other processes forget what they read', async () => {
  const main = mainModule('tests/harness/fixtures/obedient-service/main.ts');
  expect(main).toMatch(/\.js$/);
  await using service = new ServiceProcess(main, {}, []);
  await service.logged('listening');
  using client = await TcpClient.connect(service.port('command-tcp'));
  client.socket.write('late');
  expect(await client.take(4)).toEqual(Buffer.alloc(4, POISON));
});
