import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The one without windows is the same engine at six tenths of the CPU: the other draws pages of its own as well. */
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

export function launchChromium(): Promise<Browser> {
  if (chromiumProblem !== undefined) throw new Error(chromiumProblem);
  return chromium.launch({ executablePath, args: flags });
}
