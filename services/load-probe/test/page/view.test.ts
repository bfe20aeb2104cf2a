import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { PageBrowser, rowOf, tabTo } from './browser.ts';
import { linePixels } from './looks.ts';
import { PageServer } from './server.ts';
import {
  goodMinute,
  historyDocument,
  outcomeCounts,
  statusDocument,
  stickyStatus,
  sweepReport,
  targetStatus,
  tenMinutes,
} from './targets.ts';

/** A target without a name: its URL contains characters that have a meaning in URLs. */
const NAME = 'echo+tcp://[2001:db8::7]:7?size=64';

describe("a target's view", skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();
  let viewUrl: string;
  let asked: string[];
  let target: TargetStatus;
  let series: readonly TargetStatus[];

  beforeEach(() => {
    viewUrl = `${server.url}#/targets/${encodeURIComponent(NAME)}`;
    asked = [];
    const now = Date.now();
    target = targetStatus(NAME, {
      url: NAME,
      clock: { offsetMs: 1.5, errorMs: 0.2 },
      window: { ...goodMinute, phasesMs: { dns: 0.1, connect: 0.2, first_byte: 0.1, total: 0.418 } },
      outcomes: outcomeCounts({ ok: 11_475, refused: 45 }),
      failures: [{ at: now - 1_000, outcome: 'refused', detail: 'nothing listens there (ECONNREFUSED)' }],
    });
    series = [target, targetStatus('other')];
    server.history = { [NAME]: tenMinutes(0.4), other: tenMinutes(2) };
    server.historyOf = (id, spanMs, buckets) => {
      asked.push(`${id} ${spanMs / 60_000} min`);
      const found = series.find((listed) => listed.id === id);
      return found && historyDocument(found, spanMs, buckets, 0.4, (age) => (age < 30 ? 'refused' : 'ok'));
    };
    server.publishStatus(statusDocument(series));
  });

  const strips = (page: Page) => page.locator('.view .strip[aria-label*="samples"]');

  it('should open from its row, and close with the back button', async () => {
    const page = await browser.openLive(server.url);
    await rowOf(page, NAME).getByRole('link', { name: NAME }).click();
    await page.getByRole('heading', { level: 1, name: NAME }).waitFor();
    expect(page.url()).toBe(viewUrl);
    expect(await page.locator('#list').isVisible()).toBe(false);
    expect(await page.title()).toBe(`✓ 2 of 2 targets up · ${NAME} · load probe`);
    await page.goBack();
    await rowOf(page, 'other').waitFor();
    expect(await page.locator('.view').count()).toBe(0);
    expect(
      await rowOf(page, NAME)
        .getByRole('link')
        .evaluate((a) => a === document.activeElement),
    ).toBe(true);
    expect(await page.title()).toBe('✓ 2 of 2 targets up · load probe');
  });

  it('should show everything about its target', async () => {
    const page = await browser.openLive(viewUrl);
    await strips(page).waitFor();
    expect(await strips(page).getAttribute('aria-label')).toMatch(
      /^Last 10 min: 6?\d\d+ samples, .*30 refused$/,
    );
    expect(await page.locator('.view canvas').evaluate(linePixels)).toBeGreaterThan(500);
    const figures = await page.locator('.panel dl').innerText();
    expect(figures.split(/\s*\n\s*/)).toEqual([
      ...['Loss', '0%', 'p50', '0.418 ms', 'p99', '1.93 ms', 'Wire p50', '0.311 ms', 'Jitter', '0.087 ms'],
      ...['Duplicates', '0', 'Reordered', '0', 'Clock offset', '+1.50 ms ± 0.200 ms'],
    ]);
    const card = (heading: string) => page.locator('.card', { hasText: heading });
    expect(await card('Last failures').innerText()).toContain('nothing listens there (ECONNREFUSED)');
    const bars = await card('Where the time goes').getByRole('row').allInnerTexts();
    expect(bars.map((words) => words.replaceAll(/\s+/g, ' ').trim())).toEqual([
      'Name lookup 0.100 ms',
      'TCP connect 0.200 ms',
      'First byte 0.100 ms',
      'Rest of the answer 0.018 ms',
      'Total 0.418 ms',
    ]);
    const outcomes = card('Samples since the probe started').getByRole('row');
    expect(await outcomes.count()).toBe(16);
    expect(await outcomes.filter({ hasText: 'refused' }).innerText()).toMatch(
      /refused\s+nothing listens there\s+45\s+0\.39%/,
    );
    expect(await card('Flow deaths').isVisible()).toBe(false);
    expect(await page.getByText('as JSON').getByRole('link').getAttribute('href')).toBe(
      `api/targets/${encodeURIComponent(NAME)}`,
    );
    expect(browser.complaints).toEqual([]);
    expect([...browser.hosts]).toEqual([new URL(server.url).host]);
  });

  it('should show one hour and six hours, each at its own URL', async () => {
    const page = await browser.openLive(viewUrl);
    await strips(page).and(page.locator('[aria-label^="Last 10 min"]')).waitFor();
    await page.getByRole('link', { name: '1 h', exact: true }).click();
    await strips(page).and(page.locator('[aria-label^="Last 1 h"]')).waitFor();
    await page.getByRole('link', { name: '6 h' }).click();
    await strips(page).and(page.locator('[aria-label^="Last 6 h"]')).waitFor();
    expect(page.url()).toBe(`${viewUrl}?span=6h`);
    expect(await page.locator('.spans [aria-current="true"]').allInnerTexts()).toEqual(['6 h']);
    expect(await page.locator('.axis').innerText()).toMatch(/6 h ago\s+3 h ago\s+now/);
    expect(asked.at(-1)).toBe(`${NAME} 360 min`);
    await page.reload();
    await strips(page).and(page.locator('[aria-label^="Last 6 h"]')).waitFor();
    await page.goBack();
    await strips(page).and(page.locator('[aria-label^="Last 1 h"]')).waitFor();
  });

  it('should request new history while it is open, and no longer', async () => {
    const page = await browser.blank();
    await page.clock.install();
    await page.goto(viewUrl);
    await strips(page).waitFor();
    const again = page.waitForResponse('**/api/targets/**');
    await page.clock.fastForward(3_000);
    await again;
    await page.getByRole('link', { name: 'All targets' }).click();
    await rowOf(page, 'other').waitFor();
    const before = asked.length;
    // A silent stream is opened anew, which shows that the timers of the page run.
    const reconnected = page.waitForRequest('**/api/events');
    await page.clock.fastForward(60_000);
    await reconnected;
    await page.locator('[data-stream="live"]').waitFor();
    expect(asked).toHaveLength(before);
  });

  it('should be reachable and readable with the keyboard alone', async () => {
    const page = await browser.openLive(server.url);
    const link = rowOf(page, NAME).getByRole('link');
    await tabTo(page, link);
    expect(await link.evaluate((a) => getComputedStyle(a).outlineStyle)).toBe('solid');
    await page.keyboard.press('Enter');
    await strips(page).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(NAME);

    await tabTo(page, page.getByRole('link', { name: '1 h', exact: true }));
    await page.keyboard.press('Enter');
    await strips(page).and(page.locator('[aria-label^="Last 1 h"]')).waitFor();
    const scrubber = page.getByRole('slider', { name: `Moment in the chart of ${NAME}` });
    await tabTo(page, scrubber);
    const newest = await scrubber.getAttribute('aria-valuetext');
    expect(newest).toMatch(/^\d\d:\d\d:\d\d · no answer · \d+ refused$/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const earlier = await scrubber.getAttribute('aria-valuetext');
    expect(earlier).toMatch(/^\d\d:\d\d:\d\d · p50 [\d.]+ ms, p99 [\d.]+ ms, slowest [\d.]+ ms · 30 ok$/);
    expect(await page.locator('.view .readout').innerText()).toBe(earlier);
    await page.keyboard.press('Tab');
    expect(await page.locator('.view .readout').innerText()).toBe('median, with bands to p90 and p99');

    await tabTo(page, page.getByRole('link', { name: 'All targets' }));
    await page.keyboard.press('Enter');
    await rowOf(page, 'other').waitFor();
  });

  it('should show the old flow beside new ones, and how old flows died', async () => {
    const now = Date.now();
    const sticky = stickyStatus(NAME, {
      state: 'down',
      since: now - 40_000,
      failures: [{ at: now - 500, outcome: 'read_timeout', detail: 'no answer within 2 s' }],
      flowDeaths: [
        { at: now - 900_000, ageMs: 3_600_200, cause: 'reset' },
        { at: now - 4_500_000, ageMs: 41_260, cause: 'timeout' },
      ],
      failedAddresses: [{ at: now - 700, address: '192.0.2.9', detail: 'no answer from 192.0.2.9:7' }],
      notes: [{ at: now - 900, detail: '2 segments retransmitted' }],
    });
    const syn = { at: now - 900, changes: ['MSS 1460 → 1400', 'SACK removed'], hops: 2, dscp: 0 };
    const mark = { at: now - 800, changes: ['DSCP ef (46) → 0'], dscp: 0, replyDscp: null };
    series = [{ ...target, syn, mark }, sticky];
    server.publishStatus(statusDocument(series));
    const page = await browser.openLive(viewUrl);
    await strips(page).nth(1).waitFor();
    expect(await page.locator('.view-head .badge').innerText()).toBe('Old flow dead');
    expect(await page.locator('.view-head').innerText()).toMatch(
      /Old flow down for 40 s \(read timeout\), since/,
    );
    const finding = await page.locator('.view > .flow-finding').innerText();
    expect(finding).toContain('Old flow dead, new flows fine');
    expect(finding).toMatch(/Read timeout for 40 s, while every new flow gets through.*conntrack.*ECMP/);
    expect(await page.locator('.panel h2').allInnerTexts()).toEqual(['New flows', 'Old flow']);
    const figures = await page.locator('.panel dl').allInnerTexts();
    expect(figures.map((words) => words.includes('Clock offset'))).toEqual([true, false]);
    const deaths = await page.locator('.deaths tbody').getByRole('row').allInnerTexts();
    expect(deaths.map((words) => words.replaceAll(/\s+/g, ' ').replace(/^.*:\d\d /, ''))).toEqual([
      '1 h reset (RST)',
      '41.3 s no answer any more',
    ]);
    expect(await page.locator('.card:not(.addresses, .notes) .failures li b').allInnerTexts()).toEqual([
      'read timeout · old flow',
      'refused · new flows',
    ]);
    expect(await page.locator('.addresses li').innerText()).toMatch(
      /192\.0\.2\.9\s+no answer from 192\.0\.2\.9:7$/,
    );
    expect(await page.locator('.changes li span').allInnerTexts()).toEqual([...syn.changes, ...mark.changes]);
    expect(await page.locator('.notes li').innerText()).toMatch(/Old flow\s+2 segments retransmitted$/);
    expect(new Set(asked)).toEqual(new Set([`${NAME} 10 min`, `${NAME} (sticky) 10 min`]));
  });

  it('should show which source ports of a sweep are bad', async () => {
    series = [{ ...target, flow: 'sweep', sweep: sweepReport() }];
    server.publishStatus(statusDocument(series));
    const page = await browser.openLive(viewUrl);
    const card = page.locator('.card.ports');
    await card.waitFor();
    const headline = 'About 1 of 4 paths is dead: ports 50000, 50012, 50024, 50036, … lose everything';
    expect(await card.innerText()).toMatch(new RegExp(`${headline}.*Bad: 50000, 50012, .*, 50180$`, 's'));
    expect(await page.locator('.view > .flow-finding').innerText()).toContain(headline);
    expect(await page.locator('.view-head .badge').innerText()).toBe('Path bad');
    expect(await page.locator('.view-head .since').innerText()).toBe('16 of 64 source ports bad');
    expect(await page.title()).toBe(`✕ 0 of 1 target up · ${NAME} · load probe`);
    const strip = card.getByRole('img', { name: '64 source ports, 17 with lost samples, 16 bad' });
    const cells = await strip
      .locator('.cell')
      .evaluateAll((all) =>
        all.slice(0, 3).map((cell) => [cell.getAttribute('data-family'), cell.getAttribute('title')]),
      );
    expect(cells).toEqual([
      ['silent', 'port 50000: 6 of 6 samples lost'],
      ['slow', 'port 50003: 1 of 6 samples lost'],
      ['good', 'port 50006: 0 of 6 samples lost'],
    ]);
    const heights = await strip.locator('.cell').evaluateAll((all) => all.map((cell) => cell.clientHeight));
    expect(heights[0]).toBeGreaterThan(heights[2]!);
    server.publishStatus(statusDocument([{ ...target, flow: 'sweep' }]));
    await card.waitFor({ state: 'hidden' });
    expect(browser.complaints).toEqual([]);
  });

  it('should say when its target is gone, and show the target when it comes back', async () => {
    server.publishStatus(statusDocument([targetStatus('other')]));
    const page = await browser.openLive(viewUrl);
    await page.getByText('The probe has no target of this name now').waitFor();
    expect(await page.locator('.panel').count()).toBe(0);
    server.publishStatus(statusDocument(series));
    await strips(page).waitFor();
    expect(await page.getByText('The probe has no target of this name now').isVisible()).toBe(false);
    server.publishStatus(statusDocument([targetStatus('other')]));
    await page.getByText('The probe has no target of this name now').waitFor();
    expect(await page.locator('.uplot').count()).toBe(0);
    await page.getByRole('link', { name: 'All targets' }).click();
    await rowOf(page, 'other').waitFor();
    expect(await page.locator('.uplot').count()).toBe(1);
  });
});
