import { describe, expect, it } from 'vitest';
import { read, trackedFiles } from '../repo/tracked-files.ts';
import { pages } from './documented-commands.ts';
import { anchorsOf, linksOf } from './links.ts';

const links = pages.flatMap(linksOf);
const describeLink = ({ page, line, target }: (typeof links)[number]): string => `${page}:${line}: ${target}`;

describe('the links of the documentation', () => {
  it('should be found', () => {
    expect(links.map(describeLink)).toContainEqual(
      expect.stringMatching(/^docs\/README\.md:\d+: metrics\.md$/),
    );
    expect(links.filter(({ isPicture }) => isPicture).map(({ path }) => path)).toContain(
      'docs/status-page.png',
    );
  });

  it('should lead to files and folders of the repository', () => {
    const isThere = (path: string): boolean =>
      trackedFiles.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
    expect(links.filter(({ path }) => !isThere(path)).map(describeLink)).toEqual([]);
  });

  it('should lead to existing headings', () => {
    const lost = links
      .filter(({ anchor, path }) => anchor !== '' && pages.includes(path))
      .filter(({ anchor, path }) => !anchorsOf(read(path)).includes(anchor));
    expect(lost.map(describeLink)).toEqual([]);
  });

  it('should use every picture', () => {
    const shown = new Set(links.filter(({ isPicture }) => isPicture).map(({ path }) => path));
    const pictures = trackedFiles.filter((path) => /^docs\/.*\.(png|jpe?g|gif|svg|webp)$/.test(path));
    expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
    expect(pictures.length).toBeGreaterThan(0);
  });
});

describe('the anchors of a page', () => {
  it('should be those of GitHub', () => {
    const page = [
      '# UDP: loops, and how `LOOP_GUARD` ends them',
      '```sh',
      '# not a heading',
      '```',
      '## Notes',
      '### [RFC 862](https://example.org) & more',
      '## Notes',
    ];
    expect(anchorsOf(page.join('\n'))).toEqual([
      'udp-loops-and-how-loop_guard-ends-them',
      'notes',
      'rfc-862--more',
      'notes-1',
    ]);
  });
});
