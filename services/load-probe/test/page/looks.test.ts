import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumProblem } from '../../../../tests/harness/chromium.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { DESKTOP, PageBrowser, PHONE, rowOf, themes } from './browser.ts';
import { overfull, tooFaint } from './looks.ts';
import { mesh } from './mesh.ts';
import { PageServer } from './server.ts';
import type { OutcomeAt } from './targets.ts';
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

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const LONG = 'a_name_that_breaks_nowhere_as_long_as_a_machine_would_make_it_0123456789';
const PAIR = 'payments';

/** The median and the outcomes of each series: together they have every kind of outcome. */
const courses: Readonly<Record<string, readonly [number, OutcomeAt]>> = {
  'edge-lb': [0.42, (age) => (age % 211 === 0 ? 'late' : 'ok')],
  [PAIR]: [1.3, () => 'ok'],
  [`${PAIR} (sticky)`]: [1.1, (age) => (age < 40 ? 'read_timeout' : 'ok')],
  'time-server': [12, (age) => (age > 200 && age < 240 ? 'lost' : 'ok')],
  gateway: [0.9, (age) => (age < 125 ? 'refused' : age === 400 ? 'prober_late' : 'ok')],
  mesh: [24, (age) => (age % 60 === 0 ? 'corrupt' : 'ok')],
};

function allTargets() {
  const now = Date.now();
  const notes = (count: number, outcome: 'read_timeout' | 'refused' | 'lost' | 'corrupt', detail: string) =>
    Array.from({ length: count }, (_, index) => ({ at: now - 1_000 * (index + 1), outcome, detail }));
  return [
    targetStatus('edge-lb', {
      url: 'echo+tcp://edge-lb.example:7',
      window: { ...goodMinute, phasesMs: { dns: 0.11, connect: 0.13, first_byte: 0.15, total: 0.418 } },
      slo: { maxLossRatio: 0.01, maxP99Ms: 20, met: true },
    }),
    targetStatus(PAIR, {
      url: 'echo+tcp://192.0.2.9:7',
      window: {
        ...goodMinute,
        p50Ms: 1.31,
        p99Ms: 4.2,
        phasesMs: { connect: 0.61, first_byte: 0.7, total: 1.31 },
      },
    }),
    stickyStatus(PAIR, {
      url: 'echo+tcp://192.0.2.9:7',
      state: 'down',
      since: now - 40_000,
      window: { ...goodMinute, ok: 20, lossRatio: 2 / 3, phasesMs: { first_byte: 1.1, total: 1.1 } },
      outcomes: outcomeCounts({ ok: 8_200, read_timeout: 40, reset: 1 }),
      failures: notes(6, 'read_timeout', 'no answer from 192.0.2.9:7 within 2 s'),
      flowDeaths: [
        { at: now - 880_000, ageMs: 3_600_400, cause: 'reset' },
        { at: now - 4_480_400, ageMs: 41_300, cause: 'timeout' },
      ],
    }),
    targetStatus('time-server', {
      url: 'session+tcp://[2001:db8::17]:7014',
      clock: { offsetMs: -3.204, errorMs: 0.212 },
      window: { ...goodMinute, p50Ms: 12.4, p99Ms: 31, jitterMs: 2.2 },
      failures: notes(1, 'lost', 'no answer from [2001:db8::17]:7014 within 2 s'),
    }),
    targetStatus('gateway', {
      url: 'daytime+udp://time.example:13',
      state: 'down',
      since: now - 125_000,
      window: { ...goodMinute, ok: 0, lossRatio: 1, p50Ms: null, p99Ms: null, jitterMs: null, phasesMs: {} },
      outcomes: outcomeCounts({ ok: 11_395, refused: 125, prober_late: 1 }),
      failures: notes(10, 'refused', 'nothing listens on 192.0.2.4:13: ICMP port unreachable (ECONNREFUSED)'),
    }),
    targetStatus('mesh', {
      window: {
        ...goodMinute,
        ok: 59,
        lossRatio: 1 / 60,
        p50Ms: 24.1,
        p99Ms: 52,
        duplicates: 3,
        reordered: 1,
      },
      slo: { maxLossRatio: 0.01, maxP99Ms: 50, met: false },
      flow: 'sweep',
      sweep: sweepReport(),
      failures: notes(1, 'corrupt', 'byte 17 of 64 is 0x41, not 0x40'),
    }),
    targetStatus(LONG, { url: `echo+udp://${LONG}.example.net:7007`, state: 'pending', since: null }),
  ];
}

/** The views, each with its heading. */
const views = [
  { view: 'list', hash: '', heading: undefined },
  { view: 'target', hash: `#/targets/${PAIR}`, heading: PAIR },
  { view: 'target-6h', hash: '#/targets/mesh?span=6h', heading: 'mesh' },
] as const;

describe('the looks of the status page', skipFor(chromiumProblem), () => {
  const browser = new PageBrowser();
  const server = new PageServer();
  let axeSource: string;

  beforeAll(async () => {
    axeSource = await readFile(axeFile, 'utf8');
  });
  beforeEach(() => {
    const series = allTargets();
    server.history = Object.fromEntries(
      Object.entries(courses).map(([id, [baseMs, outcomeAt]]) => [id, tenMinutes(baseMs, outcomeAt)]),
    );
    server.historyOf = (id, spanMs, buckets) => {
      const target = series.find((listed) => listed.id === id);
      const [baseMs, outcomeAt] = courses[id] ?? [1, () => 'ok' as const];
      return target && historyDocument(target, spanMs, buckets, baseMs, outcomeAt);
    };
    server.publishStatus(statusDocument(series));
  });

  /** Resolves when every chart has its history. */
  async function drawn(page: Page): Promise<void> {
    await page.waitForFunction(() => {
      const strips = [...document.querySelectorAll('.strip')].filter((strip) => strip.checkVisibility());
      const idle = strips.filter((strip) => !strip.ariaLabel?.includes(', '));
      return (
        strips.length > 0 && idle.length <= document.querySelectorAll('.target[data-state=pending]').length
      );
    });
  }

  /** The findings of axe-core, with their elements. */
  async function violations(page: Page): Promise<string[]> {
    // Not as a script of the page: its content security policy allows only the probe's own scripts.
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  /** @param theme Of the checks of axe-core only colours depend on it, and contrast is measured in every theme. */
  async function expectGoodLooks(page: Page, view: string, theme: string): Promise<void> {
    const { width } = page.viewportSize()!;
    expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBe(width);
    expect(await page.evaluate(overfull), view).toEqual([]);
    expect(await page.evaluate(tooFaint), view).toEqual([]);
    if (theme === 'light') expect(await violations(page), view).toEqual([]);
    expect(browser.complaints, view).toEqual([]);
  }

  describe.each(themes)('in %s', (colorScheme) => {
    it('should fit a matrix of peers into a telephone and a desktop', async () => {
      server.publishStatus(mesh());
      const page = await browser.openLive(server.url, { colorScheme });
      await page.getByRole('rowheader').nth(11).waitFor();
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport);
        await expectGoodLooks(page, `${viewport.width} pixels`, colorScheme);
      }
    });

    it.each([PHONE, DESKTOP])(
      'should fit every view into $width pixels and be accessible',
      async (viewport) => {
        const page = await browser.openLive(server.url, { colorScheme, viewport });
        for (const { view, hash } of views) {
          await page.evaluate((hash) => {
            location.hash = hash;
          }, hash);
          await drawn(page);
          await expectGoodLooks(page, view, colorScheme);
        }
      },
    );

    it('should keep its contrast under every banner', async () => {
      const page = await browser.openLive(server.url, { colorScheme });
      server.publishStatus(statusDocument(allTargets(), { trusted: false, startedAt: Date.now() - 5_000 }));
      await page.locator('#restart').and(page.locator(':visible')).waitFor();
      expect(await page.locator('#distrust').isVisible()).toBe(true);
      expect(await page.evaluate(tooFaint)).toEqual([]);
      server.goDown();
      await page.locator('#lost').and(page.locator(':visible')).waitFor();
      expect(await page.evaluate(tooFaint)).toEqual([]);
      if (colorScheme === 'light') expect(await violations(page)).toEqual([]);
    });
  });

  it('should fit a name that breaks nowhere into a telephone and a desktop', async () => {
    const page = await browser.openLive(`${server.url}#/targets/${LONG}`);
    await page.getByRole('heading', { level: 1, name: LONG }).waitFor();
    for (const viewport of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
      expect(await page.evaluate(overfull)).toEqual([]);
    }
  });

  it('should find an injected fault of the page', async () => {
    const page = await browser.openLive(server.url);
    await rowOf(page, PAIR).evaluate((row) => {
      row.append(Object.assign(document.createElement('img'), { src: '/ui/favicon.svg' }));
    });
    expect(await violations(page)).toEqual([expect.stringMatching(/^image-alt: /)]);
  });
});
