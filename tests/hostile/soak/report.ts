import type { Member } from './fleet.ts';
import type { SoakResult } from './run-soak.ts';
import { courseOf, type Gauge, gauges } from './steadiness.ts';

export const BEGIN = '<!-- The last long run: npm run soak -- --update-docs -->';
export const END = '<!-- The end of the last long run -->';
const MIB = 1024 ** 2;

/** The report of a run, as a table of Markdown and some lines. */
export function reportOf(result: SoakResult, date: Date): string {
  const { minutes, members, exchanges, probeSamples, connections, datagrams, bytes } = result;
  const count = (value: number): string => value.toLocaleString('en-US');
  return [
    `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} on ${date.toISOString().slice(0, 10)}, Node ${process.versions.node}, ${process.platform}.`,
    '',
    '| process | RSS, MiB | per hour | heap, MiB | per hour | descriptors at rest | per hour | handles at rest | per hour | CPU |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...members.map(row),
    '',
    `- ${count(exchanges)} exchanges of the clients over ${count(connections)} connections and ${count(datagrams)} datagrams, ${count(Math.round(bytes / MIB))} MiB of answers; ${count(probeSamples)} samples of the probe.`,
    `- Integrity failures: ${count(result.integrityFailures)}.`,
    `- ${result.broken.length === 0 ? 'Every counter was that of the clients, everything held.' : `Broken promises: ${count(result.broken.length)}.`}`,
    ...result.broken.map((sentence) => `  - ${sentence}`),
    ...(result.undecided.length > 0 ? ['- Too short a run to tell:'] : []),
    ...result.undecided.map((sentence) => `  - ${sentence}`),
  ].join('\n');
}

function row(member: Member): string {
  const [before, after] = member.atRest;
  const cells = [
    member.name,
    ...course(member, gauges.rss),
    ...course(member, gauges.heap),
    `${before?.descriptors} → ${after?.descriptors}`,
    slope(member, gauges.descriptors),
    `${before?.handles} → ${after?.handles}`,
    slope(member, gauges.handles),
    cpu(member),
  ];
  return `| ${cells.join(' | ')} |`;
}

function course(member: Member, gauge: Gauge): [string, string] {
  const { start, end } = courseOf(member, gauge);
  return [`${start.toFixed(1)} → ${end.toFixed(1)}`, slope(member, gauge)];
}

/** A trend with its 95 % confidence interval; a dash where the run was too short. */
function slope(member: Member, gauge: Gauge): string {
  const { trend } = courseOf(member, gauge);
  if (!trend) return '–';
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
  return `${signed(trend.perHour)} (${signed(trend.low)} to ${signed(trend.high)})`;
}

/** CPU use as a share of one core. */
function cpu({ samples }: Member): string {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || first === last) return '–';
  const share = (last.cpuSeconds - first.cpuSeconds) / (last.seconds - first.seconds);
  return `${(share * 100).toFixed(1)} %`;
}
