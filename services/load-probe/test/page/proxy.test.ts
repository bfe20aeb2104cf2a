import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { type HaProxy, startHaProxy } from '../../../../tests/harness/haproxy.ts';
import { programProblem } from '../../../../tests/harness/programs.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { type Peer, udpPeer } from '../peers.ts';
import { type Monitor, startMonitor } from '../program.ts';
import { PageBrowser, rowOf } from './browser.ts';

/** As ingresses do: the prefix is removed, and a request without the slash behind it is redirected. */
const settings = [
  'mode http',
  'http-request redirect code 301 location /probes/echo/ if { path /probes/echo }',
  'http-request deny unless { path_beg /probes/echo/ }',
  'http-request replace-path /probes/echo(/.*) \\1',
];

const problem = chromiumProblem ?? programProblem('haproxy');

describe('the status page below a path of a proxy', skipFor(problem), () => {
  const browser = new PageBrowser();
  const owned = new AsyncDisposableStack();
  let peer: Peer;
  let monitor: Monitor;
  let proxy: HaProxy<'page'>;
  beforeAll(async () => {
    peer = owned.use(await udpPeer((bytes, reply) => reply(bytes)));
    monitor = await startMonitor({
      TARGETS: `echo+udp://127.0.0.1:${peer.port}?name=alpha`,
      INTERVAL: '100ms',
    });
    owned.defer(async () => {
      await monitor.stop();
    });
    const server = { port: Number(new URL(monitor.url).port), options: '' };
    proxy = owned.use(await startHaProxy({ page: { servers: { probe: server }, settings } }));
  });
  afterAll(() => owned.disposeAsync());

  it.each(['/probes/echo/', '/probes/echo'])(
    'should be complete at %s, with its charts and views',
    async (path) => {
      const page = await browser.openLive(`http://127.0.0.1:${proxy.ports.page}${path}`);
      await rowOf(page, 'alpha').and(page.locator('[data-state="up"]')).waitFor();
      await rowOf(page, 'alpha').locator('.strip[aria-label*=" ok"]').waitFor();
      await rowOf(page, 'alpha').getByRole('link', { name: 'alpha' }).click();
      await page.locator('.view .strip[aria-label*=" ok"]').waitFor();
      await page.reload();
      await page.locator('.view .strip[aria-label*=" ok"]').waitFor();
      for (const link of await page
        .locator('a[href*="api/targets"], a[href*="metrics"], a[href*="readyz"]')
        .all()) {
        const url = await link.evaluate((node) => (node as HTMLAnchorElement).href);
        expect((await fetch(url)).status, url).toBe(200);
      }
      expect(browser.complaints).toEqual([]);
    },
  );
});
