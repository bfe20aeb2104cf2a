import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { ProbeStatus, StatusDocument } from '../../src/monitor/status/types.ts';
import { PageBrowser, rowOf } from './browser.ts';
import { PageServer } from './server.ts';
import { historyDocument, statusDocument, targetStatus, tenMinutes } from './targets.ts';

const names = ['alpha', 'beta'];
/** Maximum time until a page requests the history again, or tries to reconnect. Milliseconds. */
const HISTORY_PERIOD_MS = 30_000;
const LONGEST_RETRY_MS = 8_000;

const startedAt = Date.now() - 3 * 3_600_000;

function statusWith(probe: Partial<ProbeStatus> = {}): StatusDocument {
  return statusDocument(
    names.map((name) => targetStatus(name)),
    { startedAt, ...probe },
  );
}

describe('status page without its probe', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();

  beforeEach(() => {
    server.history = Object.fromEntries(names.map((name) => [name, tenMinutes(0.4)]));
    server.publishStatus(statusWith());
  });

  /** A page that is live. Its clock then moves only when the test moves it. */
  async function openWithStoppedClock(): Promise<Page> {
    const page = await browser.blank();
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 1_000);
    await page.goto(server.url);
    await page.locator('[data-stream="live"]').waitFor();
    return page;
  }

  it('should load completely while the network of this machine changes', async () => {
    const page = await browser.blank();
    await page.route('**/ui/app/head.ts', (route) => route.abort('internetdisconnected'), { times: 1 });
    await page.goto(server.url);
    await page.locator('[data-stream="live"]').waitFor();
    expect(browser.complaints).toEqual([]);
  });

  it('should keep its data while the stream is lost, and reconnect by itself', async () => {
    const page = await browser.openLive(server.url);
    const strip = rowOf(page, 'beta').getByRole('img');
    expect(browser.complaints).toEqual([]);
    server.goDown();
    await page.getByText('Connection to the probe lost at').waitFor();
    expect(await page.title()).toBe('… No connection to the probe · load probe');
    expect(await rowOf(page, 'beta').innerText()).toContain('0.418 ms');
    expect(await page.locator('.targets').evaluate((list) => getComputedStyle(list).filter)).toBe(
      'grayscale(1)',
    );

    const refused = await page.waitForResponse((response) => response.url().endsWith('/api/events'));
    expect(refused.status()).toBe(503);
    server.comeBack();
    await page.locator('[data-stream="live"]').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('2 of 2 targets up');
    expect(await page.title()).toBe('✓ 2 of 2 targets up · load probe');
    expect(await page.locator('#lost').isVisible()).toBe(false);
    expect(server.streamCount).toBe(1);
    // The history came again with the new connection and is not counted twice.
    expect(await strip.getAttribute('aria-label')).toMatch(/: [56]\d\d samples/);
  });

  it("should keep a target's view while the stream is lost, and continue its chart afterwards", async () => {
    const beta = targetStatus('beta');
    server.historyOf = (_id, spanMs, buckets) => historyDocument(beta, spanMs, buckets, 0.4);
    const page = await browser.blank();
    await page.clock.install();
    await page.goto(`${server.url}#/targets/beta`);
    await page.locator('[data-stream="live"]').waitFor();
    await page.locator('.strip[aria-label*=" ok"]').waitFor();
    server.goDown();
    await page.getByText('Connection to the probe lost at').waitFor();
    await page.clock.fastForward(HISTORY_PERIOD_MS);
    await page.getByText('The history could not be loaded: the probe answered 503').waitFor();
    expect(await page.locator('.strip').getAttribute('aria-label')).toContain(' ok');
    expect(await page.locator('.view').evaluate((node) => getComputedStyle(node).filter)).toBe(
      'grayscale(1)',
    );
    server.comeBack();
    await page.clock.fastForward(LONGEST_RETRY_MS);
    await page.locator('[data-stream="live"]').waitFor();
    await page.getByText('The history could not be loaded').waitFor({ state: 'hidden' });
  });

  it('should open a new stream when the old one goes silent', async () => {
    const page = await openWithStoppedClock();
    const stream = page.locator('html');
    await page.clock.fastForward(4_000);
    expect(await stream.getAttribute('data-stream')).toBe('live');
    await page.clock.fastForward(2_000);
    expect(await stream.getAttribute('data-stream')).toBe('lost');
    const again = page.waitForRequest('**/api/events');
    await page.clock.fastForward(1_000);
    await again;
    await page.locator('[data-stream="live"]').waitFor();
  });

  it('should keep a stream that sends only a long history, part by part', async () => {
    const seconds = tenMinutes(0.4, (age) => (age === 300 ? 'refused' : 'ok'));
    server.history = { alpha: seconds };
    const page = await openWithStoppedClock();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.clock.fastForward(3_000);
    server.publishBuckets({ beta: seconds });
    await eventually(async () => {
      // The page redraws by its clock.
      await page.clock.runFor(20);
      for (const name of names) {
        const label = await rowOf(page, name).getByRole('img').getAttribute('aria-label');
        expect(label).toMatch(/ 10 min: [56]/);
        expect(label).toContain(', 1 refused');
      }
    });
    await page.clock.fastForward(3_000);
    expect(await page.locator('html').getAttribute('data-stream')).toBe('live');
    expect(asked).not.toContain(`${server.url}api/events`);
  });

  it('should show new samples after the clock of the probe was set back', async () => {
    const HOUR_MS = 3_600_000;
    server.history = Object.fromEntries(
      names.map((name) => [
        name,
        tenMinutes(0.4).map((bucket) => ({ ...bucket, from: bucket.from + HOUR_MS })),
      ]),
    );
    server.publishStatus({ ...statusWith(), now: Date.now() + HOUR_MS });
    const page = await browser.openLive(server.url);
    const strip = rowOf(page, 'beta').getByRole('img');
    await strip.and(page.locator('[aria-label*=" ok"]')).waitFor();
    server.publishStatus(statusWith());
    server.publishBuckets({ beta: tenMinutes(0.4, () => 'refused').slice(-5) });
    server.publishStatus(statusWith());
    await strip.and(page.locator('[aria-label="Last 10 min: 5 samples, 5 refused"]')).waitFor();
  });

  it('should say so when the history of a target does not come', async () => {
    const page = await browser.blank();
    await page.clock.install();
    const asked = page.waitForRequest('**/api/targets/**');
    await page.route('**/api/targets/**', () => {});
    await page.goto(`${server.url}#/targets/beta`);
    await asked;
    await page.clock.fastForward(10_000);
    await page
      .getByText('The history could not be loaded: no whole answer from the probe within 10 s')
      .waitFor();
  });

  it('should reload itself when the probe has another version', async () => {
    const page = await browser.openLive(server.url);
    const loaded = page.waitForEvent('load');
    server.publishStatus(statusWith({ version: '2.0.0' }));
    await loaded;
    await page.getByText('load probe version 2.0.0').waitFor();
  });

  it('should show a skeleton until the first report', async () => {
    server.goDown();
    const page = await browser.blank();
    await page.goto(server.url);
    expect(await page.locator('.skeleton').count()).toBeGreaterThan(0);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Connecting to the probe');
    await page.getByText('No connection to the probe since').waitFor();
    server.comeBack();
    await page.locator('[data-stream="live"]').waitFor();
    expect(await page.locator('.skeleton').count()).toBe(0);
  });
});
