import { dirname, join, normalize } from 'node:path';
import { read } from '../repo/tracked-files.ts';

/** A link or picture to something in this repository. */
export interface Link {
  readonly page: string;
  readonly line: number;
  readonly isPicture: boolean;
  /** As written: a path from the page's folder and an anchor; either may be missing. */
  readonly target: string;
  /** From the root of the repository. */
  readonly path: string;
  /** The anchor without its #, or empty. */
  readonly anchor: string;
}

/** The text of a link may hold brackets of its own, as in `[[1]](…)`. */
const LINK = /(!?)\[(?:[^[\]]|\[[^[\]]*\])*\]\(\s*([^)\s]+)(?:\s+"[^"]*")?\s*\)/g;
const ELSEWHERE = /^([a-z][a-z\d+.-]*:|\/\/)/i;

/** The relative links of a page, in order. */
export function linksOf(page: string): Link[] {
  const prose = proseOf(read(page));
  return [...prose.matchAll(LINK)]
    .filter(([, , target]) => !ELSEWHERE.test(target!))
    .map(({ 1: mark, 2: target = '', index }) => {
      const [path = '', anchor = ''] = target.split('#');
      return {
        page,
        line: prose.slice(0, index).split('\n').length,
        isPicture: mark === '!',
        target,
        path: path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path))),
        anchor,
      };
    });
}

/** The anchors that GitHub gives the headings of a page: lower case, hyphens for spaces, counted when repeated. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...markdown.replace(FENCED, '').matchAll(/^#{1,6} +(.+?)(?: +#+)? *$/gm)].map(([, heading]) => {
    const slug = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

const FENCED = /^```.*?^```/gms;

/** The page without code, with unchanged line numbers. */
function proseOf(markdown: string): string {
  return markdown
    .replace(FENCED, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
}
