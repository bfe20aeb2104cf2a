import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StatusDocument } from '../src/status.ts';
import { duration } from '../ui/words.ts';
import { outcomeCounts, statusDocument, targetStatus, tenMinutes } from './page-fleet.ts';
import { linePixels, tooFaint } from './page-looks.ts';
import { PageServer } from './page-server.ts';

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const hasChromium = existsSync(chromiumPath);
const isRequired = process.env.REQUIRE_DOCKER === '1';

if (!hasChromium) {
  console.error(
    `SKIPPED: the status page is not tested: no Chromium at ${chromiumPath}; set CHROMIUM to its path`,
  );
}

const flags = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Shorter than a test may take, so that what was waited for is named. */
const WAIT_MS = 8_000;

const themes = ['light', 'dark'] as const;
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1440, height: 900 };

const names = ['alpha', 'beta', 'gamma', 'delta'];
const startedAt = Date.now() - 3 * 3_600_000;

function fleet(changes: Parameters<typeof targetStatus>[1] = {}, probe = {}): StatusDocument {
  const targets = names.map((name) => targetStatus(name, name === 'beta' ? changes : {}));
  return statusDocument(targets, { startedAt, ...probe });
}

function betaDown(): StatusDocument {
  const detail = 'nothing listens on 127.0.0.1:7009 (ECONNREFUSED)';
  return fleet({
    state: 'down',
    since: Date.now() - 125_000,
    window: { seconds: 60, samples: 60, ok: 15, lossRatio: 0.75, p50Ms: 0.4, p99Ms: 1.5 },
    outcomes: outcomeCounts({ ok: 11_475, refused: 45 }),
    failures: [{ at: Date.now() - 1_000, outcome: 'refused', detail }],
  });
}

it.skipIf(!hasChromium && !isRequired)('should have a Chromium to be looked at with', () => {
  expect(hasChromium, `no Chromium at ${chromiumPath}; set CHROMIUM to its path`).toBe(true);
});

describe.skipIf(!hasChromium)('status page', () => {
  let browser: Browser;
  let server: PageServer;
  let url: string;
  let complaints: string[];
  let hosts: Set<string>;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath, args: flags });
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    complaints = [];
    hosts = new Set();
    server = new PageServer();
    url = await server.listen();
    server.history = Object.fromEntries(names.map((name) => [name, tenMinutes(0.4)]));
    server.publishStatus(fleet());
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await server.close();
  });

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: DESKTOP, ...options })).newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(url);
    return page;
  }

  async function openLive(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open(options);
    await page.locator('[data-stream="live"]').waitFor();
    return page;
  }

  const row = (page: Page, name: string) => page.getByRole('listitem', { name, exact: true });

  it('should show every target with its state, figures, chart and outcomes', async () => {
    const page = await openLive();
    expect(await page.getByRole('heading', { level: 2 }).filter({ visible: true }).allTextContents()).toEqual(
      [...names, 'Outcomes'],
    );
    expect(await page.title()).toBe('✓ 4 of 4 targets up · load probe');
    const beta = await row(page, 'beta').innerText();
    for (const words of ['Up', 'echo+udp://10.0.3.17:7007', 'Up for 3 h', '0%', '0.418 ms', '1.93 ms']) {
      expect(beta).toContain(words);
    }
    const strip = row(page, 'beta').getByRole('img');
    await page.locator('.strip[aria-label*=", "]').nth(3).waitFor();
    expect(await strip.getAttribute('aria-label')).toMatch(/^Last 10 min: [56]\d\d samples, [56]\d\d ok$/);
    expect(await row(page, 'beta').locator('canvas').evaluate(linePixels)).toBeGreaterThan(500);
  });

  it('should say in words that a target went down and why', async () => {
    const page = await openLive();
    server.publishSamples({ beta: [{ at: Date.now(), outcome: 'refused', rttMs: null }] });
    server.publishStatus(betaDown());
    await row(page, 'beta').and(page.locator('[data-state="down"]')).waitFor();
    const words = await row(page, 'beta').innerText();
    expect(words).toMatch(/Down for 2 min \(refused\)/);
    expect(words).toContain('refused: nothing listens on 127.0.0.1:7009 (ECONNREFUSED)');
    expect(words).toContain('75%');
    expect(await page.title()).toBe('✕ 3 of 4 targets up · load probe');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('3 of 4 targets up');
    expect(await row(page, 'beta').getByRole('img').getAttribute('aria-label')).toContain('1 refused');
    await page.getByRole('link', { name: 'beta' }).click();
    expect(await row(page, 'beta').evaluate((element) => element.matches(':target'))).toBe(true);
  });

  it('should treat a target without a sample as neither up nor down', async () => {
    server.publishStatus(fleet({ state: 'pending', since: null, outcomes: outcomeCounts({}) }));
    const page = await openLive();
    expect(await row(page, 'beta').innerText()).toMatch(/Pending[\s\S]*Waiting for the first sample/);
    expect(await page.getByText('Waiting for a first sample').innerText()).toContain('beta');
  });

  it('should keep what it knew while the stream is lost, and reconnect by itself', async () => {
    const page = await openLive();
    expect(complaints).toEqual([]);
    server.goDown();
    await page.getByText('Connection to the probe lost at').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Last known: 4 of 4 targets up');
    expect(await page.title()).toBe('… No connection to the probe · load probe');
    expect(await row(page, 'beta').innerText()).toContain('0.418 ms');
    expect(await page.locator('.targets').evaluate((list) => getComputedStyle(list).filter)).toBe(
      'grayscale(1)',
    );

    const refused = await page.waitForResponse((response) => response.url().endsWith('/api/events'));
    expect(refused.status()).toBe(503);
    server.comeBack();
    await page.locator('[data-stream="live"]').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('4 of 4 targets up');
    expect(await page.locator('#lost').isVisible()).toBe(false);
    expect(server.streamCount).toBe(1);
    // The history came again with the new connection and counts once.
    expect(await row(page, 'beta').getByRole('img').getAttribute('aria-label')).toMatch(/: [56]\d\d samples/);
  });

  it('should open a new stream when the old one goes silent', async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.clock.install();
    await page.goto(url);
    await page.locator('[data-stream="live"]').waitFor();
    const again = page.waitForRequest('**/api/events');
    await page.clock.fastForward(4_000);
    expect(await page.locator('html').getAttribute('data-stream')).toBe('live');
    await page.clock.fastForward(2_000);
    await again;
    await page.locator('[data-stream="live"]').waitFor();
  });

  it('should load itself anew from a probe of another version', async () => {
    const page = await openLive();
    const loaded = page.waitForEvent('load');
    server.publishStatus(fleet({}, { version: '2.0.0' }));
    await loaded;
    await page.getByText('load probe version 2.0.0').waitFor();
  });

  it('should start its history anew when the probe has restarted', async () => {
    const page = await openLive();
    const restartedAt = Date.now() - 2_000;
    server.publishStatus(fleet({}, { startedAt: restartedAt }));
    await page.getByText('The probe restarted at').waitFor();
    expect(await row(page, 'beta').getByRole('img').getAttribute('aria-label')).toMatch(
      /^Last 1 min: [0-3] /,
    );
  });

  it('should follow the list of targets', async () => {
    const page = await openLive();
    const targets = ['delta', 'epsilon', 'alpha'].map((name) => targetStatus(name));
    server.publishStatus(statusDocument(targets, { startedAt }));
    await row(page, 'epsilon').waitFor();
    expect(await page.locator('.target h2').allTextContents()).toEqual(['delta', 'epsilon', 'alpha']);
    expect(await page.locator('.uplot').count()).toBe(3);
  });

  it('should show names as text, never as markup', async () => {
    const name = '<img src=x onerror=alert(1)>';
    server.publishStatus(statusDocument([targetStatus(name, { state: 'down' })], { startedAt }));
    const page = await openLive();
    expect(await page.locator('.target h2').textContent()).toBe(name);
    expect(await page.locator('.target img, #names img').count()).toBe(0);
  });

  it('should say when the probe itself cannot be trusted', async () => {
    server.publishStatus(fleet({}, { trusted: false, scheduleLagMs: 1_240 }));
    const page = await openLive();
    expect(await page.locator('#distrust').innerText()).toContain('The probe itself ran up to 1.24 s late');
    expect(await page.title()).toMatch(/^\? /);
  });

  it('should say how to configure targets where there are none', async () => {
    server.history = {};
    server.publishStatus(statusDocument([]));
    const page = await openLive();
    expect(await page.locator('#no-targets').innerText()).toContain('TARGETS=echo+tcp://');
    expect(await page.locator('.target').count()).toBe(0);
  });

  it('should show a skeleton until the first report', async () => {
    server.goDown();
    const page = await open();
    expect(await page.locator('.skeleton').count()).toBeGreaterThan(0);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Connecting to the probe');
    await page.getByText('No connection to the probe since').waitFor();
    server.comeBack();
    await page.locator('[data-stream="live"]').waitFor();
    expect(await page.locator('.skeleton').count()).toBe(0);
  });

  it('should open and close the details with the keyboard alone', async () => {
    server.publishStatus(betaDown());
    const page = await openLive();
    const toggle = page.getByRole('button', { name: 'Details of beta' });
    for (let tabs = 0; tabs < 20 && !(await isFocused(toggle)); tabs += 1) await page.keyboard.press('Tab');
    expect(await isFocused(toggle)).toBe(true);
    expect(await toggle.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe('solid');

    await page.keyboard.press('Enter');
    expect(await toggle.getAttribute('aria-expanded')).toBe('true');
    const outcomes = row(page, 'beta').getByRole('row');
    expect(await outcomes.count()).toBe(15);
    expect(await outcomes.filter({ hasText: 'refused' }).innerText()).toMatch(
      /refused\s+nothing listens there\s+45/,
    );
    expect(await row(page, 'beta').getByRole('link', { name: 'JSON' }).getAttribute('href')).toBe(
      '/api/targets/beta',
    );

    await page.keyboard.press('Space');
    expect(await toggle.getAttribute('aria-expanded')).toBe('false');
    expect(await outcomes.filter({ visible: true }).count()).toBe(0);
  });

  it('should not grow with the hours', async () => {
    const page = await openLive();
    await page.getByRole('button', { name: 'Details of beta' }).click();
    const size = () => page.evaluate(() => document.querySelectorAll('*').length);
    const tick = async (second: number) => {
      const now = Date.now() + second * 1_000;
      server.publishSamples(
        Object.fromEntries(names.map((n) => [n, [{ at: now, outcome: 'ok' as const, rttMs: 0.5 }]])),
      );
      server.publishStatus({ ...betaDown(), now });
      await page.getByText(`Running for ${duration(now - startedAt)},`).waitFor();
    };
    await tick(60);
    const before = await size();
    for (let minute = 2; minute < 30; minute += 1) await tick(minute * 60);
    expect(await size()).toBe(before);
  });

  it('should ask nothing of another host and complain of nothing', async () => {
    server.publishStatus(betaDown());
    const page = await openLive();
    await page.getByRole('button', { name: 'Details of beta' }).click();
    await page.locator('.chart').first().hover();
    await page.locator('.readout', { hasText: '·' }).first().waitFor();
    expect([...hosts]).toEqual([new URL(url).host]);
    expect(complaints).toEqual([]);
  });

  describe.each(themes)('in %s', (colorScheme) => {
    it('should have enough contrast for every word', async () => {
      server.publishStatus(betaDown());
      const page = await openLive({ colorScheme });
      await page.getByRole('button', { name: 'Details of beta' }).click();
      expect(await page.evaluate(tooFaint)).toEqual([]);
      server.publishStatus(
        fleet({ state: 'pending', since: null }, { trusted: false, startedAt: startedAt + 1 }),
      );
      await page.locator('#restart').and(page.locator(':visible')).waitFor();
      expect(await page.evaluate(tooFaint)).toEqual([]);
    });

    it.each([PHONE, DESKTOP])('should fit a window $width pixels wide', async (viewport) => {
      const long = 'a_name_that_breaks_nowhere_as_long_as_a_machine_would_make_it_0123456789';
      const status = betaDown();
      const targets = [...status.targets, targetStatus(long, { url: `echo+udp://${long}.example.net:7007` })];
      server.publishStatus({ ...status, targets });
      const page = await openLive({ colorScheme, viewport });
      await page.getByRole('button', { name: 'Details of beta' }).click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    });
  });
});

async function isFocused(locator: ReturnType<Page['getByRole']>): Promise<boolean> {
  return locator.evaluate((element) => element === element.ownerDocument.activeElement);
}
