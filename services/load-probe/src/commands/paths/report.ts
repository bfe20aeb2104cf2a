import type { Gate } from '../../cli/gates.ts';
import { junitDocument } from '../../cli/junit.ts';
import { gateDocument, gateLines, jsonDocument, textOf } from '../../cli/report.ts';
import { failedDetail, failedDocument } from '../../net/each-address.ts';
import { count, counted, durationWords, percent } from '../../stats/format.ts';
import { FRACTION_CONFIDENCE } from '../../stats/judge-ports.ts';
import { sentenceOf } from '../../stats/path-sentence.ts';
import { isUdp } from '../../targets/protocol.ts';
import { portsToCompare } from './find-parting.ts';
import { type PathsOptions, SIZE_BYTES } from './options.ts';
import { type FoundPaths, isAnswered, type PathsResult } from './run.ts';

const MS_PER_SECOND = 1_000;
/** How many kinds of failures a report tells. */
const MAX_FAILURES = 3;

/** Where TCP shows no difference. */
const NAT =
  'where a NAT on the way gives each connection another source port, a bad path hits all ports alike, and looks like this';

/** Whether a path answered and every gate held. */
export function hasHeld(result: PathsResult, gates: readonly Gate[]): boolean {
  const isHeld = gates.every(({ results }) => results.every(({ held }) => held));
  return !('problem' in result) && isAnswered(result) && isHeld;
}

/** What will be sent, before it is. */
export function loadLine({ count: samples, ports, rate, target }: PathsOptions): string {
  const total = samples * ports.length;
  const what = isUdp(target.protocol)
    ? `${count(total)} datagrams of ${SIZE_BYTES} bytes`
    : `${count(total)} connections, each ended by RST,`;
  const longest = durationWords((total / rate) * MS_PER_SECOND);
  return `up to ${what} from source ports ${ports[0]} to ${ports.at(-1)}, ${count(rate)} a second, for ${longest} at most\n`;
}

/** The result as JSON. */
export function jsonReport(options: PathsOptions, result: PathsResult, gates: readonly Gate[]): string {
  const found = 'problem' in result ? undefined : result;
  const { bad = [], classes = 0, fraction, unclear = [], verdict } = found?.verdict ?? {};
  return jsonDocument({
    held: hasHeld(result, gates),
    interrupted: found?.isInterrupted ?? false,
    url: options.target.url,
    dscp: options.target.dscp ?? null,
    peer: found?.remote ?? null,
    failedAddresses: failedDocument(found?.failed),
    verdict: verdict ?? null,
    ports: found?.tallies ?? [],
    bad,
    unclear,
    classes,
    fraction: fraction ?? null,
    parting: partingDocument(found),
    taken: [...(found?.taken.keys() ?? [])],
    untold: untoldDocument(found),
    failures: documentOf(found?.failures),
    elapsedMs: found?.elapsedMs ?? null,
    capture: found ? captureOf(options, found) : null,
    reproduce: reproduceOf(options),
    words: reportLines(options, result),
    gates: gates.map(gateDocument),
  });
}

function partingDocument(found: FoundPaths | undefined): object | null {
  const { parting } = found ?? {};
  if (parting === undefined || 'unknown' in parting) return null;
  return parting;
}

function untoldDocument(found: FoundPaths | undefined): object[] {
  return [...(found?.untold ?? [])].map(([detail, { count, ports }]) => ({
    ...{ detail, count, ports: [...ports].sort((one, other) => one - other) },
  }));
}

function documentOf(counts: ReadonlyMap<string, number> = new Map()): object[] {
  return [...counts].map(([detail, count]) => ({ detail, count }));
}

/** The result as text. */
export function textReport(options: PathsOptions, result: PathsResult, gates: readonly Gate[]): string {
  return textOf([...reportLines(options, result), ...gateLines(gates)]);
}

/** As CI systems read it: a test suite with a test case for the gate. */
export function junitReport(options: PathsOptions, result: PathsResult, gates: readonly Gate[]): string {
  const { startedAt, elapsedMs } = 'problem' in result ? { startedAt: Date.now(), elapsedMs: 0 } : result;
  const { url } = options.target;
  const words = reportLines(options, result);
  return junitDocument({
    ...{ command: 'paths', startedAt, elapsedMs },
    suites: [{ id: url, properties: { url }, gates, reasons: words, output: words }],
  });
}

/** The verdict, then what it rests on, then how to see it oneself. */
function reportLines(options: PathsOptions, result: PathsResult): string[] {
  if ('problem' in result) return [result.problem];
  const { failed, isInterrupted, verdict } = result;
  const lines = [`${sentenceOf(verdict)}${isInterrupted ? ' (stopped early)' : ''}`];
  if (!isUdp(options.target.protocol) && verdict.verdict === 'uniform' && isAnswered(result)) lines.push(NAT);
  if (verdict.bad.length > 0) lines.push(...evidenceLines(result), partingLine(result));
  lines.push(...failureLines(result));
  if (failed.length > 0) lines.push(failedDetail(failed));
  if (verdict.bad.length > 0) {
    lines.push(`capture: tcpdump -ni any '${captureOf(options, result)}'`, `again: ${reproduceOf(options)}`);
  }
  return lines;
}

function evidenceLines({ tallies, verdict }: FoundPaths): string[] {
  const { bad, classes, fraction, unclear } = verdict;
  const { estimate, high, low } = fraction;
  const share = `${bad.length} of ${counted(tallies.length, 'port')} are bad, ${percent(estimate)}`;
  const interval = `${percent(low)} to ${percent(high)} of all at a confidence of ${percent(FRACTION_CONFIDENCE)}`;
  const lines = [`${share}; ${interval}; ${classes} kinds of ports`, `bad: ${bad.join(' ')}`];
  return unclear.length === 0 ? lines : [...lines, `too few samples to tell: ${unclear.join(' ')}`];
}

function partingLine({ parting }: FoundPaths): string {
  if (parting === undefined) return 'the hop at which the ways part is not known';
  if ('unknown' in parting) return `the hop at which the ways part is not known: ${parting.unknown}`;
  const { badHops, goodHops, ttl } = parting;
  const by = (hops: readonly string[]): string => hops.join(', ') || 'nothing that answers';
  return `the ways part at hop ${ttl}: good ports go by ${by(goodHops)}, bad ones by ${by(badHops)}; the fault is there or behind, or on the way back`;
}

function failureLines({ failures, taken, tallies, untold }: FoundPaths): string[] {
  const most = [...failures].sort(([, one], [, other]) => other - one).slice(0, MAX_FAILURES);
  return [
    ...most.map(([why, number]) => `${count(number)} lost: ${why}`),
    ...[...untold].map(([why, { count, ports }]) => {
      // Of all ports, none is to blame.
      const of = ports.size === 0 || ports.size === tallies.length ? '' : ` of ${listed(ports)}`;
      return `${counted(count, 'sample')}${of} left out: ${why}`;
    }),
    ...[...taken].map(([port, why]) => `port ${port} left out: ${why}`),
  ];
}

function listed(ports: ReadonlySet<number>): string {
  const names = [...ports].sort((one, other) => one - other).join(' ');
  return `${ports.size === 1 ? 'port' : 'ports'} ${names}`;
}

/** A filter of pcap-filter(7) for the flows of a bad and a good port, or of all. */
function captureOf({ ports, target }: PathsOptions, { address, verdict }: FoundPaths): string {
  const flow = `${isUdp(target.protocol) ? 'udp' : 'tcp'} and host ${address.address.split('%')[0]} and port ${target.port}`;
  const { bad, good } = portsToCompare(verdict);
  const which =
    bad.length > 0 ? `(port ${bad[0]} or port ${good[0]})` : `portrange ${ports[0]}-${ports.at(-1)}`;
  return `${flow} and ${which}`;
}

function reproduceOf({ target, typed }: PathsOptions): string {
  const { dscp, url } = target;
  const query = dscp === undefined ? '' : `?dscp=${dscp}`;
  return ['load-probe', 'paths', ...typed, quotedForShell(url + query)].join(' ');
}

function quotedForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
