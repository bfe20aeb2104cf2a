import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Why no page can be looked at here, for `skipFor`; undefined where one can. */
export const chromiumProblem = existsSync(chromiumPath)
  ? undefined
  : `no Chromium at ${chromiumPath}; install one or set CHROMIUM to its path`;

const flags = [
  // Chromium's sandbox refuses to run as root, which CI often is.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Shorter than a test may take, so that what was waited for is named. */
const WAIT_MS = 100_000;

export const themes = ['light', 'dark'] as const;
export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1440, height: 900 };

/** A browser for the tests of a file; every test starts without pages. */
export class PageBrowser {
  /** What the pages of this test wrote to the console as errors and warnings, or threw. */
  complaints: string[] = [];
  /** The hosts that the pages of this test sent requests to. */
  hosts = new Set<string>();
  #browser: Browser | null = null;

  constructor() {
    beforeAll(async () => {
      this.#browser = await chromium.launch({ executablePath: chromiumPath, args: flags });
    });
    beforeEach(() => {
      this.complaints = [];
      this.hosts = new Set();
    });
    afterEach(async () => {
      await Promise.all((this.#browser?.contexts() ?? []).map((context) => context.close()));
    });
    afterAll(() => this.#browser?.close());
  }

  async blank(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.#browser!.newContext({ viewport: DESKTOP, ...options })).newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => this.hosts.add(new URL(request.url()).host));
    return page;
  }

  /** Resolves when the page shows what the probe tells it. */
  async openLive(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.blank(options);
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
