import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser to test with; undefined where there is one. */
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

export function launchChromium(): Promise<Browser> {
  if (chromiumProblem !== undefined) throw new Error(chromiumProblem);
  return chromium.launch({ executablePath, args: flags });
}
