import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../tests/harness/service-process.ts';
import { UdpClient } from '../tests/harness/udp-client.ts';

const program = fileURLToPath(new URL('./bundle.ts', import.meta.url));

/** Outside the repository, so that a bundle cannot load a missing module from a node_modules folder. */
const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-bundle-'));

function bundleInto(name: string): string {
  execFileSync(process.execPath, [program, join(folder, name)]);
  return join(folder, name);
}

/** Every file below a folder with its content. */
function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(root.length), readFileSync(path, 'latin1')];
    }),
  );
}

describe('bundle', () => {
  let first: string;

  beforeAll(() => {
    first = bundleInto('first');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('should make the same bytes from the same source in any folder', () => {
    const files = contents(first);
    expect(contents(bundleInto('second'))).toEqual(files);
    expect(Object.keys(files)).toContain('/echo/src/main.js');
    expect(Object.values(files).filter((text) => text.includes(folder))).toEqual([]);
  });

  it('should make a service that runs with node alone', async () => {
    await using echo = new ServiceProcess(
      join(first, 'echo', 'src', 'main.js'),
      // Either fails without its thread's module.
      process.platform === 'linux' ? { UDP_ENGINE: 'batch' } : {},
      [],
    );
    await echo.logged('listening');
    const socket = connect(echo.port('echo-tcp'), '127.0.0.1');
    socket.end('bundled');
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe('bundled');
    await using client = await UdpClient.open();
    expect(String(await client.ask('in a thread', echo.port('echo-udp')))).toBe('in a thread');
    expect(await echo.stop()).toEqual({ code: 0, signal: null });
    expect(echo.stderr).toBe('');
  });

  it('should make a probe that serves its page with node alone', async () => {
    const main = join(first, 'load-probe', 'src', 'main.js');
    await using probe = new ServiceProcess(main, {}, ['monitor']);
    await probe.logged('listening');
    const page = await (await fetch(probe.adminUrl)).text();
    const assets = [...page.matchAll(/(?:src|href)="\.(\/[\w./-]+\.(?:ts|css|svg))"/g)].map(
      ([, path]) => path,
    );
    expect(assets.length).toBeGreaterThan(3);
    for (const path of [...assets, '/ui/vendor/uplot.js', '/src/stats/format.ts']) {
      const { status } = await fetch(probe.adminUrl + path);
      expect(`${path}: ${status}`).toBe(`${path}: 200`);
    }
    expect((await probe.stop()).code).toBe(0);
    expect(probe.stderr).toBe('');
  });
});
