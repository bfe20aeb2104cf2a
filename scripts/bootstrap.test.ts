import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const INSTALLING = 'Installing dependencies';

/**
 * Replaces npm in tests of the decision to install: it puts the Node of this test into node_modules. It fails on
 * request.
 */
const NPM = `#!/bin/sh
echo "npm $*"
[ ! -e fail ] || exit 1
mkdir -p node_modules/.bin && ln -sf ${process.execPath} node_modules/.bin/node
`;

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'bootstrap-'));
});
afterEach(() => {
  rmSync(clone, { recursive: true });
});

describe('bootstrap', () => {
  // `npm test` in a fresh clone has installed what these tests run with, by the bootstrap alone.
  it('should have started these tests under the Node that this project pins', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(process.version).toBe(`v${devDependencies.node}`);
  });

  it('should say that it installs, and run the program under the installed Node, with no debugger for SIGUSR1', () => {
    makeClone('console.log(process.execPath, process.execArgv.includes("--disable-sigusr1"))');
    const ran = `${process.execPath} true\n`;
    const first = bootstrap(['program.ts'], fakeNpm());
    expect(first.stderr).toContain(INSTALLING);
    expect(first.stdout).toBe(`npm ci --no-audit --no-fund --loglevel=error\n${ran}`);
    // It installs again only when the lock file changes.
    expect(bootstrap(['program.ts'], fakeNpm())).toMatchObject({ stdout: ran, stderr: '' });
    writeFileSync(join(clone, 'package-lock.json'), '{ "other": true }');
    expect(bootstrap(['program.ts'], fakeNpm()).stdout).toMatch(/^npm ci /);
    expect(bootstrap(['program.ts'], fakeNpm()).stdout).toBe(ran);
  });

  it('should run nothing and try again next time when the installation fails', () => {
    makeClone('console.log("ran")');
    writeFileSync(join(clone, 'fail'), '');
    const failed = bootstrap(['program.ts'], fakeNpm());
    expect(failed).toMatchObject({ status: 1, stdout: expect.not.stringContaining('ran') });
    expect(failed.stderr).toContain('npm ci failed; its messages are above.');
    rmSync(join(clone, 'fail'));
    expect(bootstrap(['program.ts'], fakeNpm()).stdout).toMatch(/^npm ci .*\nran\n$/);
  });

  it('should pass on the arguments, also those of Node, and the exit code or the signal', () => {
    makeClone('console.log(JSON.stringify(process.argv.slice(2))); process.exit(7)');
    const result = bootstrap(['program.ts', 'two words', '--flag'], fakeNpm());
    expect(result).toMatchObject({
      status: 7,
      stdout: expect.stringMatching(/\n\["two words","--flag"\]\n$/),
    });
    makeClone('console.log(process.execArgv.at(-1), process.argv.slice(2))');
    expect(bootstrap(['--no-opt', 'program.ts', '--flag'], fakeNpm()).stdout).toBe("--no-opt [ '--flag' ]\n");
    makeClone('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1_000)');
    expect(bootstrap(['program.ts'], fakeNpm()).status).toBe(143);
  });
});

function makeClone(program: string): void {
  mkdirSync(join(clone, 'scripts'), { recursive: true });
  cpSync(join(root, 'scripts/bootstrap.mjs'), join(clone, 'scripts/bootstrap.mjs'));
  writeFileSync(join(clone, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  writeFileSync(join(clone, 'program.ts'), program);
}

/** A PATH on which the replacement of npm comes first. */
function fakeNpm(): string {
  const bin = join(clone, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npm'), NPM);
  chmodSync(join(bin, 'npm'), 0o755);
  return `${bin}${delimiter}${process.env.PATH}`;
}

function bootstrap(
  args: readonly string[],
  path: string,
): { status: number | null; stdout: string; stderr: string } {
  // Variables that npm sets for its children, such as the folder to install in, belong to this test run.
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|npm_config_local_prefix|INIT_CWD|NODE_OPTIONS|VITEST)/i.test(name),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/bootstrap.mjs', ...args], {
    cwd: clone,
    encoding: 'utf8',
    env: { ...Object.fromEntries(env), PATH: path },
  });
  return { status, stdout, stderr: stderr.replace(/^npm warn .*\n/gm, '') };
}
