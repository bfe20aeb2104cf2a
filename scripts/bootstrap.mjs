/**
 * Makes `npm start` and `npm test` work as the first command in a fresh clone: installs the dependencies when
 * they are missing or differ from the lock file, then runs a TypeScript program under the Node version
 * this project pins. The only file that has to run on whatever Node the machine has (20 or newer).
 *
 * usage: node scripts/bootstrap.mjs [--FLAG_OF_NODE…] PROGRAM.ts [ARGUMENT…]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.installed-from');

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`This needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
  process.exit(1);
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Installing dependencies (npm ci) …');
  // npm on Windows is a batch file, which only a shell can start.
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    shell,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    console.error('npm ci failed; its messages are above.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

const words = process.argv.slice(2);
const flags = words.slice(
  0,
  words.findIndex((word) => !word.startsWith('--')),
);
const [program = '', ...args] = words.slice(flags.length);
// A process group of its own, so that Ctrl-C in a terminal reaches only this process, which forwards it exactly once.
const child = spawn(
  join(bin, 'node'),
  ['--disable-warning=ExperimentalWarning', '--disable-sigusr1', ...flags, join(root, program), ...args],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
});
