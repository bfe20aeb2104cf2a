import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { isComplaint, launchChromium, loadWhole } from '../../../../tests/harness/chromium.ts';

/** Shorter than the timeout of a test, so that the error names the awaited element. */
const WAIT_MS = 100_000;

export const themes = ['light', 'dark'] as const;
export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1440, height: 900 };

export interface Looks {
  readonly colorScheme?: (typeof themes)[number];
  readonly viewport?: typeof DESKTOP;
}

/** One browser per process, because starting it costs more CPU than most test files. It ends with the process. */
let launched: Promise<Browser> | undefined;

/** The browser for the tests of a file. Every test starts with at most one page, which is blank. */
export class PageBrowser {
  /** Console errors, console warnings and exceptions of the pages of this test. */
  complaints: string[] = [];
  /** The hosts that the pages of this test sent requests to. */
  hosts = new Set<string>();
  #browser: Browser | null = null;
  /** A page for the next test: a new page costs more CPU than most tests. */
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

  /** A page in its own context, so that a test may change clock and routes. */
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

  /** The reused page, once it shows the data of the probe. */
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

/** Moves the focus to an element with the Tab key; fails where Tab does not reach it. */
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
