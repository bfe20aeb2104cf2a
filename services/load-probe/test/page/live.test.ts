import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { type Monitor, startMonitor } from '../program.ts';
import { colorOf, PageBrowser, rowOf } from './browser.ts';

/** The promises of the status page, with a real probe. */

/** An echo server that can be stopped, restarted on its port, and made to ignore its open connections. */
class EchoTarget {
  port = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (bytes) => socket.write(bytes));
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server!, 'close');
    this.#server!.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Ignores all open connections, as behind a NAT that lost its state: they stay open without replies. */
  dropOpenFlows(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume();
  }
}

describe('status page of a real probe', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  let target: EchoTarget;
  let monitor: Monitor;

  beforeEach(async () => {
    target = new EchoTarget();
    await target.start();
    const url = `echo+tcp://127.0.0.1:${target.port}`;
    monitor = await startMonitor({
      TARGETS: `${url}?name=alpha ${url}?name=pair&flow=both&timeout=500ms`,
      INTERVAL: '100ms',
    });
  });
  afterEach(async () => {
    await monitor?.stop();
    await target.stop();
  });

  it('should turn a target red with its reason, recover, and keep its history over a reload', async () => {
    const page = await browser.openLive(monitor.url);
    const alpha = rowOf(page, 'alpha');
    const inState = (state: string) => alpha.and(page.locator(`[data-state="${state}"]`)).waitFor();
    await inState('up');

    await target.stop();
    await inState('down');
    expect(await alpha.innerText()).toContain('Down for');
    expect(await alpha.innerText()).toMatch(/refused: .*127\.0\.0\.1/);
    const { red, green } = await colorOf(alpha.locator('.badge'));
    expect(red).toBeGreaterThan(2 * green);

    await target.start();
    await inState('up');

    await page.reload();
    await alpha.locator('.strip[aria-label*=" refused"]').waitFor();
    await alpha.getByRole('link', { name: 'alpha' }).click();
    await page.locator('.view .strip[aria-label*=" refused"]').waitFor();
    await page.locator('.phases', { hasText: 'TCP connect' }).waitFor();
    expect(browser.complaints).toEqual([]);
  });

  it('should tell a dead old flow from a dead target', async () => {
    const page = await browser.openLive(`${monitor.url}/#/targets/pair`);
    const badge = page.locator('.view-head .badge');
    await badge.and(page.locator('[data-state="up"]')).waitFor();
    expect(await page.locator('.panel h2').allInnerTexts()).toEqual(['New flows', 'Old flow']);

    target.dropOpenFlows();
    await badge.getByText('Old flow dead').waitFor();
    await page.locator('.view > .flow-finding', { hasText: 'conntrack' }).waitFor();
    expect(await page.locator('.panel').first().getAttribute('data-state')).toBe('up');
    expect(browser.complaints).toEqual([]);
  });
});
