import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { MeshDocument } from '../../src/monitor/mesh/types.ts';
import { NameServer, resolverProblem } from '../network/name-server.ts';

const NAME = 'mesh.example';
/** Loopback addresses that no other test uses. */
const net = `127.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const addresses = [1, 2, 3].map((host) => `${net}.${host}`);

describe('three probes of a mesh', skipFor(resolverProblem()), () => {
  it('should show from one page what all of them see, and who does not answer', async () => {
    await using stack = new AsyncDisposableStack();
    const resolver = stack.use(await NameServer.start(`${net}.53`));
    resolver.says = addresses;
    const folder = await mkdtemp(join(tmpdir(), 'load-probe-mesh-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const file = join(folder, 'resolv.conf');
    await writeFile(file, `nameserver ${resolver.address}\noptions timeout:5 attempts:1\n`);
    const echo = stack.use(
      await ServiceProcess.start('echo', {
        ...{ HOST: addresses.join(), STAMP_PORT: String(await freePort()), NODE_NAME: 'n7' },
      }),
    );
    const adminPort = String(await freePort());
    const probe = `'${process.execPath}' --disable-warning=ExperimentalWarning '${mainOfService('load-probe')}'`;
    const command = `exec unshare --mount bash -c "mount --bind '${file}' /etc/resolv.conf && exec ${probe}"`;
    const probes = await Promise.all(
      addresses.map(async (address, index) =>
        stack.use(
          await ServiceProcess.shell(command, {
            ...{ ADMIN_HOST: address, ADMIN_PORT: adminPort, MESH: `${NAME}:${adminPort}` },
            ...{ NODE_NAME: `n${index + 1}`, INTERVAL: '500ms' },
            TARGETS: `stamp+udp://${NAME}:${echo.port('stamp-udp')}?name=stamp&flow=sticky&discover=dns`,
          }),
        ),
      ),
    );

    const meshFrom = async (address: string): Promise<MeshDocument> =>
      (await fetch(`http://${address}:${adminPort}/api/mesh`)).json() as Promise<MeshDocument>;
    await eventually(async () => {
      const { omitted, probes: found, problem } = await meshFrom(addresses[0]!);
      expect([omitted, problem]).toEqual([0, null]);
      expect(found.map(({ address, row }) => [address, row?.node])).toEqual(
        addresses.map((address, index) => [address, `n${index + 1}`]),
      );
      for (const { row } of found) {
        expect(row!.cells.map(({ peer, state }) => [peer, state])).toEqual(
          addresses.map((address) => [address, 'up']),
        );
        const told = Object.entries(row!.responders);
        expect(told).toEqual(addresses.map((address) => [address, 'node=n7']));
      }
    });
    await probes[2]!.stop();
    await eventually(async () => {
      const { probes: found } = await meshFrom(addresses[1]!);
      expect(found.map(({ problem = null }) => problem)).toEqual([
        null,
        null,
        `${addresses[2]}:${adminPort} can't be asked: ECONNREFUSED`,
      ]);
    });
  });
});
