import { existsSync } from 'node:fs';
import { type Browser, type ConsoleMessage, chromium, type Page } from 'playwright-core';

/** The headless shell is the same engine and needs 60 % of the CPU, because it draws no pages of its own. */
const PROGRAMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

const executablePath = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path)) ?? PROGRAMS[0]!;

/** Why there is no browser to test with, for `skipFor`; undefined where there is one. */
export const chromiumProblem = existsSync(executablePath)
  ? undefined
  : `no Chromium at ${executablePath}; install one or set CHROMIUM to its path`;

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium's sandbox refuses to run as root, which CI often is.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/**
 * When an address of this machine comes or goes, as one of a container does, Chromium drops the requests that have no
 * connection yet, also those to loopback. Of a page it tries again, of what the page is made of it does not.
 */
const DROPPED = /net::ERR_(NETWORK_CHANGED|INTERNET_DISCONNECTED)/;
const PARTS = ['script', 'stylesheet'];

/** Loads the page again where Chromium dropped a part of it. */
export function loadWhole(page: Page): void {
  let isLoading = false;
  page.on('requestfailed', async (request) => {
    const isDropped = DROPPED.test(request.failure()?.errorText ?? '');
    if (isLoading || !isDropped || !PARTS.includes(request.resourceType())) return;
    isLoading = true;
    try {
      // Whoever opens the page waits for it, too.
      await page.waitForLoadState();
      await page.reload();
    } catch (error) {
      if (!page.isClosed()) throw error;
    } finally {
      isLoading = false;
    }
  });
}

/** Whether a page complains, other than of what Chromium dropped. */
export function isComplaint(message: ConsoleMessage): boolean {
  return ['error', 'warning'].includes(message.type()) && !DROPPED.test(message.text());
}

export function launchChromium(): Promise<Browser> {
  if (chromiumProblem !== undefined) throw new Error(chromiumProblem);
  return chromium.launch({ executablePath, args: flags });
}
