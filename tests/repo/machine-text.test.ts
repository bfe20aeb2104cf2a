import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, root, textFiles } from './tracked-files.ts';

/** Home folders of people; that of npm's cache in a container is not one. */
const HOME = /(?<![\w.])\/(?:root\/(?!\.npm\b)|(?:home|Users)\/\w)|\b[A-Z]:\\Users\\/;
/** Where a package came from is the business of the machine that installs it. */
const RESOLVED = /"resolved": "(?!packages\/|services\/)/;

describe('tracked files', () => {
  it('should name no home folder', () => {
    expect(linesWith(HOME)).toEqual([]);
  });

  it('should not name the folder they are checked out in', () => {
    const folder = root.replace(/\/$/, '');
    // A folder such as /app, right below the root, is no machine's own.
    const isOwn = folder.split('/').length > 2;
    expect(isOwn ? linesWith(exactly(folder)) : []).toEqual([]);
  });

  it('should not name the machine or where it gets its packages', () => {
    const hosts = [...packageHosts(), hostname()].filter((host) => /[.-]/.test(host));
    const named = hosts.flatMap((host) => linesWith(exactly(host)).filter((line) => !isExample(host, line)));
    expect(named).toEqual([]);
  });

  it('should not fix the place that packages are downloaded from', () => {
    expect(
      read('package-lock.json')
        .split('\n')
        .filter((line) => RESOLVED.test(line)),
    ).toEqual([]);
    expect(textFiles.filter((path) => /(^|\/)\.npmrc$/.test(path))).toEqual([]);
  });
});

/** Public hosts that a page or a comment may name to show what such an address looks like. */
const PUBLIC = new Set(['registry.npmjs.org', 'deb.debian.org', 'security.debian.org']);

function isExample(host: string, line: string): boolean {
  return PUBLIC.has(host) && /^[^:]*\.md:|^[^:]*:\d+: (#|\/\/|\*)|^tests\/repo\/machine-text/.test(line);
}

/** The hosts of npm's registry and of apt's sources, as this machine has them. */
function packageHosts(): string[] {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: 'pipe' });
  const texts = [registry, ...aptSources().map((path) => readFileSync(path, 'utf8'))];
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/https?:\/\/(?:[^@/\s]*@)?([\w.-]+)/g)].map(([, host]) => host!),
  );
  return [...new Set(hosts)];
}

function aptSources(): string[] {
  return ['/etc/apt', '/etc/apt/sources.list.d'].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isFile() && /\.(list|sources)$/.test(entry.name))
          .map((entry) => join(folder, entry.name))
      : [],
  );
}

function exactly(text: string): RegExp {
  return new RegExp(`(?<![\\w.-])${text.replace(/[.\\/]/g, '\\$&')}(?![\\w-])`);
}

function linesWith(pattern: RegExp, except: readonly string[] = []): string[] {
  return textFiles
    .filter((path) => !except.includes(path))
    .flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
}
