import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { isComplaint, launchChromium, loadWhole } from '../../../../tests/harness/chromium.ts';

/** Shorter than a test may take, so that what was waited for is named. */
const WAIT_MS = 100_000;

export const themes = ['light', 'dark'] as const;
export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1440, height: 900 };

export interface Looks {
  readonly colorScheme?: (typeof themes)[number];
  readonly viewport?: typeof DESKTOP;
}

/** Of this process: to start a browser costs more CPU than most files that have one. It ends with the process. */
let launched: Promise<Browser> | undefined;

/** The browser for the tests of a file; every test starts without pages, but for a blank one. */
export class PageBrowser {
  /** What the pages of this test wrote to the console as errors and warnings, or threw. */
  complaints: string[] = [];
  /** The hosts that the pages of this test sent requests to. */
  hosts = new Set<string>();
  #browser: Browser | null = null;
  /** A page that the next test can have: a new one costs more CPU than most tests. */
  #kept: Page | null = null;

  constructor() {
    beforeAll(async () => {
      launched ??= launchChromium();
      this.#browser = await launched;
      this.#kept = await this.blank();
    });
    beforeEach(() => {
      this.complaints = [];
      this.hosts = new Set();
    });
    afterEach(async () => {
      const others = this.#browser!.contexts().filter((context) => context !== this.#kept!.context());
      await Promise.all(others.map((context) => context.close()));
      await this.#kept!.mouse.move(0, 0);
      await this.#kept!.goto('about:blank');
    });
    afterAll(() => this.#kept?.context().close());
  }

  /** A page of its own context, whose clock and routes a test may change. */
  async blank(): Promise<Page> {
    const page = await (await this.#browser!.newContext({ viewport: DESKTOP })).newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      if (isComplaint(message)) this.complaints.push(message.text());
    });
    loadWhole(page);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).host));
    return page;
  }

  /** The page that is kept, when it shows what the probe tells it. */
  async openLive(url: string, { colorScheme = 'light', viewport = DESKTOP }: Looks = {}): Promise<Page> {
    const page = this.#kept!;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.goto(url);
    await page.locator('[data-stream="live"]').waitFor();
    return page;
  }
}

/** The row of a target in the list. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('listitem', { name, exact: true });
}

/** Goes there with the Tab key alone; fails where that does not lead. */
export async function tabTo(page: Page, locator: Locator): Promise<void> {
  const isFocused = () => locator.evaluate((node) => node === node.ownerDocument.activeElement);
  for (let tabs = 0; tabs < 40 && !(await isFocused()); tabs += 1) await page.keyboard.press('Tab');
  expect(await isFocused()).toBe(true);
}

/** The colour of a text as red, green and blue. */
export async function colorOf(locator: Locator): Promise<{ red: number; green: number; blue: number }> {
  const color = await locator.evaluate((node) => getComputedStyle(node).color);
  const [red, green, blue] = color.match(/\d+/g)!.map(Number);
  return { red: red!, green: green!, blue: blue! };
}
