import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { ProbeStatus, StatusDocument, TargetStatus } from '../../src/monitor/status/types.ts';
import { duration } from '../../ui/words/words.ts';
import { colorOf, PageBrowser, rowOf } from './browser.ts';
import { linePixels } from './looks.ts';
import { PageServer } from './server.ts';
import {
  bucketOf,
  goodMinute,
  outcomeCounts,
  statusDocument,
  stickyStatus,
  targetStatus,
  tenMinutes,
} from './targets.ts';

const names = ['alpha', 'beta', 'gamma', 'delta'];
const startedAt = Date.now() - 3 * 3_600_000;

function statusWith(changes: Partial<TargetStatus> = {}, probe: Partial<ProbeStatus> = {}): StatusDocument {
  const targets = names.map((name) => targetStatus(name, name === 'beta' ? changes : {}));
  return statusDocument(targets, { startedAt, ...probe });
}

function betaDown(): StatusDocument {
  const detail = 'nothing listens on 127.0.0.1:7009 (ECONNREFUSED)';
  return statusWith({
    state: 'down',
    since: Date.now() - 125_000,
    window: { ...goodMinute, ok: 15, lossRatio: 0.75 },
    outcomes: outcomeCounts({ ok: 11_475, refused: 45 }),
    failures: [{ at: Date.now() - 1_000, outcome: 'refused', detail }],
  });
}

describe('status page', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();

  beforeEach(() => {
    server.history = Object.fromEntries(names.map((name) => [name, tenMinutes(0.4)]));
    server.publishStatus(statusWith());
  });

  const strip = (page: Page, name: string) => rowOf(page, name).getByRole('img');

  it('should show every target with its state, figures, chart and outcomes, and again after a reload', async () => {
    const page = await browser.openLive(server.url);
    expect(await page.getByRole('heading', { level: 2 }).filter({ visible: true }).allTextContents()).toEqual(
      [...names, 'Outcomes'],
    );
    expect(await page.title()).toBe('✓ 4 of 4 targets up · load probe');
    const beta = await rowOf(page, 'beta').innerText();
    for (const words of [
      'Up',
      'echo+udp://10.0.3.17:7007',
      'Up for 3 h',
      '0%',
      '0.418 ms',
      '1.93 ms',
      '0.087 ms',
    ]) {
      expect(beta).toContain(words);
    }
    for (const open of [() => {}, () => page.reload()]) {
      await open();
      await page.locator('.strip[aria-label*=", "]').nth(3).waitFor();
      expect(await strip(page, 'beta').getAttribute('aria-label')).toMatch(
        /^Last 10 min: [56]\d\d samples, [56]\d\d ok$/,
      );
      expect(await rowOf(page, 'beta').locator('canvas').evaluate(linePixels)).toBeGreaterThan(500);
    }
    await page.locator('.chart').first().hover();
    await page.locator('.readout', { hasText: 'slowest' }).nth(3).waitFor();
    expect([...browser.hosts]).toEqual([new URL(server.url).host]);
    expect(browser.complaints).toEqual([]);
  });

  it('should turn red with the reason when a target goes down, and recover', async () => {
    const page = await browser.openLive(server.url);
    const badge = rowOf(page, 'beta').locator('.badge');
    const well = await colorOf(badge);
    expect(well.green).toBeGreaterThan(well.red);

    server.publishBuckets({ beta: tenMinutes(0.4, () => 'refused').slice(-1) });
    server.publishStatus(betaDown());
    await rowOf(page, 'beta').and(page.locator('[data-state="down"]')).waitFor();
    const words = await rowOf(page, 'beta').innerText();
    expect(words).toMatch(/Down for 2 min \(refused\), since/);
    expect(words).toContain('refused: nothing listens on 127.0.0.1:7009 (ECONNREFUSED)');
    expect(words).toContain('75%');
    const ill = await colorOf(badge);
    expect(ill.red).toBeGreaterThan(2 * ill.green);
    expect(await page.title()).toBe('✕ 3 of 4 targets up · load probe');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('3 of 4 targets up');
    expect(await page.locator('#concerns').innerText()).toBe('Down: beta');
    expect(await strip(page, 'beta').getAttribute('aria-label')).toContain('1 refused');

    server.publishStatus(statusWith({ since: Date.now() }));
    await rowOf(page, 'beta').and(page.locator('[data-state="up"]')).waitFor();
    expect(await colorOf(badge)).toEqual(well);
    expect(await page.title()).toBe('✓ 4 of 4 targets up · load probe');
  });

  it('should show the state of each target in words', async () => {
    const page = await browser.openLive(server.url);
    const beta = rowOf(page, 'beta');
    const concerns = page.locator('#concerns');
    server.publishStatus(statusWith({ state: 'pending', since: null, outcomes: outcomeCounts({}) }));
    await concerns.getByText('Waiting for a first sample: beta').waitFor();
    expect(await beta.innerText()).toMatch(/Pending[\s\S]*Waiting for the first sample/);

    server.publishStatus(statusWith({ slo: { maxLossRatio: 0.01, maxP99Ms: 20, met: true } }));
    await beta.getByText('SLO met: loss at most 1%, p99 at most 20 ms').waitFor();
    server.publishStatus(statusWith({ slo: { maxLossRatio: null, maxP99Ms: 1, met: false } }));
    await beta.getByText('SLO violated: p99 1.93 ms, promised at most 1 ms').waitFor();
    expect(await concerns.innerText()).toBe('SLO violated: beta');
    expect(await page.title()).toBe('! 4 of 4 targets up · load probe');
    expect(await rowOf(page, 'alpha').locator('.slo').isVisible()).toBe(false);

    const clock = { offsetMs: -3.2, errorMs: 0.21 };
    server.publishStatus(statusWith({ clock, window: { ...goodMinute, duplicates: 3, reordered: 1 } }));
    const words = 'in the last minute · 3 duplicates · 1 reordered · clock −3.20 ms ± 0.210 ms';
    await beta.getByText(words, { exact: true }).waitFor();
    expect(await rowOf(page, 'alpha').locator('.figures-note').innerText()).toBe('in the last minute');

    const failures = [{ at: Date.now(), outcome: 'read_timeout', detail: 'no answer within 2 s' } as const];
    server.publishStatus(
      statusDocument([
        stickyStatus('beta', { state: 'down', since: Date.now() - 40_000, failures }),
        targetStatus('beta'),
        targetStatus('alpha'),
      ]),
    );
    await concerns.getByText('Old flow dead: beta').waitFor();
    expect(await page.locator('.target h2').allTextContents()).toEqual(['beta', 'alpha']);
    expect(await beta.locator('.badge').innerText()).toBe('Old flow dead');
    expect(await beta.getAttribute('data-state')).toBe('down');
    const heads = await beta.locator('.series-row-head').allInnerTexts();
    expect(heads.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'New flows Up for 3 h',
      'Old flow Down for 40 s (read timeout)',
    ]);
    expect(await beta.innerText()).toMatch(/Old flow dead, new flows fine\. Look for a stale conntrack/);
    expect(await page.title()).toBe('✕ 1 of 2 targets up · load probe');
    expect(await rowOf(page, 'alpha').locator('.series-row-head').isVisible()).toBe(false);
  });

  it('should start its history anew when the probe has restarted', async () => {
    const page = await browser.openLive(server.url);
    server.publishStatus(statusWith({}, { startedAt: Date.now() - 2_000 }));
    await page.getByText('The probe restarted at').waitFor();
    expect(await strip(page, 'beta').getAttribute('aria-label')).toMatch(/^Last 1 min: [0-3] /);
  });

  it('should follow the list of targets', async () => {
    const page = await browser.openLive(server.url);
    const targets = ['delta', 'epsilon', 'alpha'].map((name) => targetStatus(name));
    server.publishStatus(statusDocument([...targets, stickyStatus('alpha')], { startedAt }));
    await rowOf(page, 'epsilon').waitFor();
    expect(await page.locator('.target h2').allTextContents()).toEqual(['delta', 'epsilon', 'alpha']);
    expect(await page.locator('.uplot').count()).toBe(4);
    server.publishStatus(statusDocument(targets, { startedAt }));
    await page.waitForFunction(() => document.querySelectorAll('.uplot').length === 3);

    // A name is text, never markup.
    const name = '<img src=x onerror=alert(1)>';
    server.publishStatus(statusDocument([targetStatus(name, { state: 'down' })], { startedAt }));
    await rowOf(page, name).waitFor();
    expect(await page.locator('.target h2').textContent()).toBe(name);
    expect(await page.locator('.target img, #concerns img').count()).toBe(0);
  });

  it('should show the problems of the probe itself', async () => {
    const page = await browser.openLive(server.url);
    server.publishStatus(statusWith({}, { trusted: false, scheduleLagMs: 1_240 }));
    await page.locator('#distrust').getByText('The probe itself ran up to 1.24 s late').waitFor();
    expect(await page.title()).toMatch(/^\? /);

    const targetsFile = { path: '/etc/targets.yaml', readAt: Date.now() - 60_000, problems: [] };
    const problems = ['line 2: "tcp://h": has no port', 'line 3: a target must have a url'];
    server.publishStatus(statusWith({}, { targetsFile: { ...targetsFile, problems } }));
    await page.locator('#distrust').waitFor({ state: 'hidden' });
    expect(await page.locator('#targets-file').innerText()).toMatch(
      /^The targets file \/etc\/targets\.yaml can't be used: line 2: "tcp:\/\/h": has no port, and 1 more problem\. The targets are those of /,
    );
    server.publishStatus(statusDocument([], { startedAt, targetsFile }));
    await page.locator('#targets-file').waitFor({ state: 'hidden' });
    expect(await page.locator('#no-targets').innerText()).toContain('TARGETS=echo+tcp://');
    expect(await page.locator('.target').count()).toBe(0);
  });

  it('should keep focus and selection when it redraws', async () => {
    const page = await browser.openLive(server.url);
    const url = rowOf(page, 'alpha').locator('.url');
    await rowOf(page, 'beta').getByRole('link', { name: 'beta' }).focus();
    await url.selectText();
    await page.evaluate(() => scrollTo(0, 50));
    server.publishStatus(betaDown());
    await page.getByText('3 of 4 targets up').waitFor();
    const kept = await page.evaluate(() => [
      document.activeElement?.textContent,
      getSelection()?.toString(),
      scrollY,
    ]);
    expect(kept).toEqual(['beta', await url.textContent(), 50]);
  });

  it('should not grow over hours', async () => {
    const page = await browser.openLive(server.url);
    const size = () => page.evaluate(() => document.querySelectorAll('*').length);
    const tick = async (second: number) => {
      const now = Date.now() + second * 1_000;
      const from = Math.floor(now / 1_000) * 1_000;
      const bucket = bucketOf(from, [{ outcome: 'ok', rttMs: 0.5 }]);
      server.publishBuckets(Object.fromEntries(names.map((name) => [name, [bucket]])));
      server.publishStatus({ ...betaDown(), now });
      await page.getByText(`Running for ${duration(now - startedAt)},`).waitFor();
    };
    await tick(60);
    const before = await size();
    for (let minute = 2; minute < 30; minute += 1) await tick(minute * 60);
    expect(await size()).toBe(before);
  });
});
