import { type FigureName, figures } from './figures.ts';
import { describeGoal, describeResult, judge } from './goals.ts';
import type { WorkloadResult } from './rounds.ts';

/** A `busyShare` below this means that another process used the core. */
const UNDISTURBED_SHARE = 0.9;
const REFERENCE = 'ours';

type Row = readonly string[];

/** The table of a workload, the results of its goals, and notes, as Markdown. */
export function describeWorkload(result: WorkloadResult): string {
  const { workload, missing, failures, busy } = result;
  const notes = [
    ...workload.goals.map((goal) => {
      const goalResult = judge(goal, result.results);
      return `goal: ${describeGoal(goal)} – ${describeResult(goal, goalResult)}`;
    }),
    ...[...missing].map(([name, why]) => `${name} ${why}`),
    ...failures.values(),
    ...(busy !== undefined && isDisturbed(result) ? [describeDisturbance(busy)] : []),
  ];
  return [
    `### ${workload.title}`,
    '',
    ...align(rowsOf(result)),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n');
}

/** How many goals were missed, over all workloads. */
export function missedGoals(results: readonly WorkloadResult[]): number {
  return results
    .flatMap(({ workload, results: medians }) => workload.goals.map((goal) => judge(goal, medians)))
    .filter(({ state }) => state === 'missed').length;
}

/**
 * Whether the generator was ever the limit: if not, it drove the C reference faster than any other server. A disturbed
 * run proves nothing about this.
 */
export function describeGenerator(results: readonly WorkloadResult[]): string {
  const compared = results.filter(({ results: medians }) => medians.has('c') && medians.size > 1);
  const undisturbed = compared.filter((result) => !isDisturbed(result));
  const disturbed = compared.length - undisturbed.length;
  const left = disturbed > 0 ? ` Nothing is said of ${workloadCount(disturbed)}, disturbed by others.` : '';
  if (undisturbed.length === 0) {
    return `The generator: no workload had the C reference and another server, undisturbed.${left}`;
  }
  const outrun = undisturbed.flatMap(({ workload, results: medians }) => {
    const limit = medians.get('c')?.throughput?.median ?? 0;
    const faster = [...medians].filter(([, { throughput }]) => (throughput?.median ?? 0) > limit);
    return faster.map(([name]) => `${workload.id}: ${name}`);
  });
  const shown = `The generator drove the C reference faster than any other server in ${workloadCount(undisturbed.length)}`;
  return outrun.length === 0
    ? `${shown}: it limits none of them.${left}`
    : `${shown}, except for ${outrun.join(', ')}: there the C reference is no upper limit.${left}`;
}

function isDisturbed({ busy }: WorkloadResult): boolean {
  return busy !== undefined && busy < UNDISTURBED_SHARE;
}

function workloadCount(count: number): string {
  return `${count} workload${count === 1 ? '' : 's'}`;
}

function rowsOf({ workload, results }: WorkloadResult): Row[] {
  const columns = workload.figures.filter((name) => [...results.values()].some((row) => row[name]));
  // The spread is shown for figures with a goal.
  const isJudged = (name: FigureName): boolean => workload.goals.some(({ figure }) => figure === name);
  const head = columns.flatMap((name) => [figures[name].title, ...(isJudged(name) ? ['least – most'] : [])]);
  const names = workload.contenders.map(({ name }) => name).filter((name) => results.has(name));
  const body = names.map((name) => [
    name,
    ...columns.flatMap((column) => {
      const [value, spread] = cells(results, name, column);
      return isJudged(column) ? [value, spread] : [value];
    }),
  ]);
  return [['server', ...head], ...body];
}

/** A median with its ratio to ours, and its range. */
function cells(
  results: WorkloadResult['results'],
  name: string,
  figure: FigureName,
): [value: string, spread: string] {
  const summary = results.get(name)?.[figure];
  if (!summary) return ['–', '–'];
  const { format } = figures[figure];
  const reference = results.get(REFERENCE)?.[figure]?.median;
  const value = format(summary.median);
  return [
    reference ? `${value} (${(summary.median / reference).toFixed(2)}×)` : value,
    `${format(summary.min)} – ${format(summary.max)}`,
  ];
}

function align(rows: readonly Row[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cellsOf: (column: number) => string): string =>
    `| ${widths.map((_, column) => cellsOf(column)).join(' | ')} |`;
  const [head, ...body] = rows.map((row) => line((column) => pad(row[column]!, widths[column]!, column)));
  return [
    head!,
    line((column) => (column === 0 ? '-'.repeat(widths[0]!) : `${'-'.repeat(widths[column]! - 1)}:`)),
    ...body,
  ];
}

/** Figures are right-aligned, so that their digits line up. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function describeDisturbance(busy: number): string {
  return `DISTURBED: the busier of server and generator used ${(busy * 100).toFixed(0)} % of its core, so another process ran on this machine; compare only server CPU and memory`;
}
