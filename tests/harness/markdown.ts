import { read } from '../repo/tracked-files.ts';

/** A row of a table: its cells as written, code marks included. */
export type Row = readonly string[];

/**
 * The rows below the head of the first table of a section.
 *
 * @throws Error when the page has no such section or the section no table
 */
export function tableOf(path: string, section: string): Row[] {
  const lines = read(path).split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').startsWith(section));
  if (start < 0) throw new Error(`${path} has no section ${section}`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line));
  const rows = (end < 0 ? rest : rest.slice(0, end)).filter((line) => line.startsWith('|'));
  if (rows.length < 3) throw new Error(`${path}: the section ${section} has no table`);
  return rows.slice(2).map((row) =>
    row
      .replace(/^\||\|\s*$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** The text of a cell without its code marks, such as `` `PORT` ``; other cells as they are. */
export function plain(cell: string | undefined): string {
  return /^`([^`]*)`$/.exec(cell ?? '')?.[1] ?? cell ?? '';
}

/** A fenced block of code. */
export interface Block {
  /** The text after the opening fence, such as `sh`. */
  readonly info: string;
  /** Number of the first line inside, the first of the page being 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** @throws Error when a block has no end */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of read(path).split('\n').entries()) {
    if (!text.startsWith('```')) open?.lines.push(text);
    else if (open) {
      blocks.push(open);
      open = undefined;
    } else open = { info: text.slice(3).trim(), line: index + 2, lines: [] };
  }
  if (open) throw new Error(`${path}:${open.line - 1}: the block has no end`);
  return blocks;
}
