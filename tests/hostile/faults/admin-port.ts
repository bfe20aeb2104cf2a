import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Promises, type Scenario } from '../scenario.ts';
import { spawnService, startService } from '../service.ts';

export const adminPortScenario: Scenario = {
  name: 'admin port taken',
  area: 'faults',
  // In brief: packages/runtime/test/port-in-use.test.ts.
  seconds: { brief: 0, full: 2 },
  async run() {
    const promises = new Promises();
    let refusals = 0;
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const env = { ADMIN_PORT: String((squatter.address() as AddressInfo).port) };
    {
      await using refused = spawnService('echo', env);
      const { code } = await refused.exited;
      promises.equal(code, 1, 'The exit code where the admin port is taken');
      const said = refused.log.find(({ level }) => level === 'fatal')?.msg ?? '';
      promises.expect(
        /ADMIN_PORT/.test(said) && said.includes(env.ADMIN_PORT),
        'It must name key and port.',
        said,
      );
      const listened = refused.log.some(({ msg }) => msg === 'listening');
      promises.expect(!listened, 'It must not serve without its admin port.');
      if (!listened) refusals += 1;
    }
    squatter.close();
    await once(squatter, 'close');
    await using again = await startService('echo', env);
    promises.equal(await again.status('/readyz'), 200, '/readyz once the port is free');
    const lost = `${refusals} of 2 starts`;
    return {
      load: 'a start on a port in use, one on a free one',
      lost,
      figures: {},
      broken: promises.broken,
    };
  },
};
