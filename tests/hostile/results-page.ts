import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { type Row, tableOf } from './table.ts';

const PAGE = new URL('../../docs/reliability.md', import.meta.url);
const BEGIN = '<!-- torture: begin -->';
const END = '<!-- torture: end -->';
const GIB = 1024 ** 3;

/** Puts the table of a run between the marks of the page, with when, where and how it was made. */
export function writeResults(rows: readonly Row[], args: readonly string[]): void {
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), describeRun(args), tableOf(rows)));
}

/** @throws Error when the page has no place for results */
export function withResults(page: string, run: string, table: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`docs/reliability.md must have ${BEGIN} and ${END}, in this order`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${run}\n\n${table}\n\n${page.slice(end)}`;
}

function describeRun(args: readonly string[]): string {
  const day = new Date().toISOString().slice(0, 10);
  const [{ model } = { model: 'unknown' }, ...more] = cpus();
  const memory = Math.round(totalmem() / GIB);
  const machine = `${1 + more.length} × ${model.trim()}, ${memory} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
  const flags = args.filter((arg) => arg !== '--update-docs');
  const command = ['npm run torture', ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
  return `Run of ${day} with \`${command}\` on ${machine}.`;
}
