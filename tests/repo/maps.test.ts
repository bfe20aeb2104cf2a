import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linksOf } from '../docs/links.ts';
import { tableOf } from '../harness/markdown.ts';
import { read, trackedFiles } from './tracked-files.ts';

const SOURCE = /^(packages|services)\/[^/]+\/(src|ui)\/(?!.*\.test\.ts$).*\.ts$/;
const MAX_CLICKS = 4;

const homes = trackedFiles
  .map((path) => /^((packages|services)\/[^/]+)\/package\.json$/.exec(path)?.[1])
  .filter((home) => home !== undefined);

/** What the rows of a README's list of files link to. */
function listed(home: string): string[] {
  const cells = tableOf(`${home}/README.md`, 'Files').map(([cell = '']) => cell);
  const links = cells.flatMap((cell) => [...cell.matchAll(/\]\(([^)]+)\)/g)]);
  return links.map(([, target = '']) => normalize(join(home, target)).replace(/\/$/, ''));
}

describe.each(homes)('the README of %s', (home) => {
  const sources = trackedFiles.filter((path) => path.startsWith(`${home}/`) && SOURCE.test(path));

  it('should list every source file of a package, and of a service its folder at least', () => {
    const links = listed(home);
    const mayBeFolder = home.startsWith('services/');
    const missing = sources.filter(
      (path) => !links.includes(path) && !(mayBeFolder && links.includes(dirname(path))),
    );
    expect(missing).toEqual([]);
    expect(sources).not.toEqual([]);
  });

  it('should list each once, and nothing else', () => {
    const links = listed(home);
    const known = new Set([...sources, ...sources.map(dirname)]);
    expect(links.filter((path) => !known.has(path))).toEqual([]);
    expect(links.filter((path, index) => links.indexOf(path) !== index)).toEqual([]);
  });
});

describe('the index of the documentation', () => {
  it('should link every page of docs, and be linked from README', () => {
    const linked = new Set(linksOf('docs/README.md').map(({ path }) => path));
    const pages = trackedFiles.filter((path) => /^docs\/.*\.md$/.test(path) && path !== 'docs/README.md');
    expect(pages.filter((path) => !linked.has(path))).toEqual([]);
    expect(pages.length).toBeGreaterThan(5);
    expect(linksOf('README.md').map(({ path }) => path)).toContain('docs/README.md');
  });
});

describe("the newcomer's walk of CONTRIBUTING", () => {
  const [, section = ''] = read('CONTRIBUTING.md').split(/^### The newcomer's walk$/m);
  const [text = ''] = section.split(/^#{1,3} /m);
  /** The pages of each walk, README first, and the line that it ends at. */
  const walks = text
    .split(/^- /m)
    .slice(1)
    .map((item) =>
      item
        .replace(/\n\n.*/s, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .map((line) => ({
      line,
      pages: [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target),
      ends: /`([^`]+)` in `([^`]+)`\.$/.exec(line)?.slice(1) ?? [],
    }));

  it('should lead to the line that answers an echo and to the line that decides `lost`', () => {
    expect(walks.map(({ line }) => line)).toEqual([
      expect.stringContaining('answers an echo'),
      expect.stringContaining('`lost`'),
    ]);
  });

  it.each(walks)('should be there, click by click: $line', ({ pages, ends: [code = '', name = ''] }) => {
    expect(pages[0]).toBe('README.md');
    expect(pages.length - 1).toBeGreaterThan(0);
    expect(pages.length - 1).toBeLessThanOrEqual(MAX_CLICKS);
    for (const [index, page] of pages.slice(1).entries()) {
      expect(linksOf(pages[index]!).map(({ path }) => path)).toContain(page);
    }
    const source = read(pages.at(-1)!);
    expect(source).toContain(code);
    expect(source.slice(0, source.indexOf(code))).toMatch(new RegExp(`\\b${name}\\(`));
  });
});
