import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Row } from './scenario.ts';

const PAGE = new URL('../../docs/reliability.md', import.meta.url);
const BEGIN = '<!-- torture: begin -->';
const END = '<!-- torture: end -->';
const GIB = 1024 ** 3;

export function brokenPromises({ outcome }: Row): readonly string[] {
  if (outcome.name === 'failed') return [`could not be carried out: ${outcome.reason}`];
  return outcome.name === 'ran' ? outcome.result.broken : [];
}

/** One line for the terminal, with the broken promises and those not judged below it. */
export function rowLine(row: Row): string {
  const { scenario, seconds, outcome } = row;
  const what = `${scenario.area}: ${scenario.name}`;
  if (outcome.name === 'skipped') return `SKIPPED ${what}: ${outcome.reason}`;
  const broken = brokenPromises(row);
  const held = broken.length === 0 ? 'held' : 'BROKEN';
  const said = outcome.name === 'ran' ? `: ${outcome.result.load}; ${outcome.result.lost}` : '';
  const below = [...broken, ...notJudged(row).map((promise) => `not judged: ${promise}`)];
  const head = `${held.padEnd(6)} ${what} (${seconds.toFixed(1)} s)${said}`;
  return [head, ...below.map((line) => `       ${line}`)].join('\n');
}

/** The table of a run, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return [
    '| area | scenario | load held | lost | figures | held |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const result = row.outcome.name === 'ran' ? row.outcome.result : undefined;
      const figures = Object.entries(result?.figures ?? {}).map(([name, value]) => `${name}: ${value}`);
      const cells = [
        row.scenario.area,
        row.scenario.name,
        result?.load ?? '',
        result?.lost ?? '',
        figures.join('; '),
        heldOf(row),
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  ].join('\n');
}

/** The last line of a run, e.g. `26 of 26 held, 3 skipped`: skipped scenarios are not in the total. */
export function closingLine(rows: readonly Row[]): string {
  const skipped = rows.filter(({ outcome }) => outcome.name === 'skipped').length;
  const ran = rows.length - skipped;
  const broken = rows.filter((row) => brokenPromises(row).length > 0).length;
  const inPart = rows.filter((row) => notJudged(row).length > 0).length;
  return [
    `${ran - broken} of ${ran} held`,
    ...(inPart > 0 ? [`${inPart} not judged in full`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
}

function heldOf(row: Row): string {
  if (row.outcome.name === 'skipped') return `skipped: ${row.outcome.reason}`;
  const broken = brokenPromises(row);
  const open = notJudged(row);
  if (broken.length > 0)
    return `**no**: ${[...broken, ...open.map((one) => `Not judged: ${one}`)].join(' ')}`;
  return open.length > 0 ? `yes, but: ${open.join(' ')}` : 'yes';
}

function notJudged({ outcome }: Row): readonly string[] {
  return outcome.name === 'ran' ? (outcome.result.notJudged ?? []) : [];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/** Writes the table of a run between the marks of the page, with date, machine and command. */
export function writeResults(rows: readonly Row[], args: readonly string[]): void {
  putResults(BEGIN, END, `${describeRun(args)}\n\n${tableOf(rows)}`);
}

/** Writes results between two marks of the page. */
export function putResults(begin: string, end: string, results: string): void {
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), begin, end, results));
}

/** @throws Error when the page does not have both marks in order */
export function withResults(page: string, begin: string, end: string, results: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`docs/reliability.md must have ${begin} and ${end}, in this order`);
  return `${page.slice(0, from + begin.length)}\n\n${results}\n\n${page.slice(to)}`;
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
