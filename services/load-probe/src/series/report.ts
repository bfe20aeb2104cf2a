import { MAY_HIDE_LOSS } from '../payload/daytime-line.ts';
import type { LossDirection } from '../sampling/sticky/loss-direction.ts';
import { CONFIDENCE } from '../stats/binomial.ts';
import { count, counted, ms, percent } from '../stats/format.ts';
import { lossIntervals } from '../stats/loss-intervals.ts';
import { histogramOf, roundTripLines, roundTripsOf } from '../stats/round-trips.ts';
import type { Target } from '../targets/target.ts';
import { leakLines } from './leak-lines.ts';
import type { Tally } from './tally.ts';

/** How many ages of samples under way a report lists. */
const MAX_AGES = 5;

/** A series for programs. */
export function seriesDocument(tally: Tally): object {
  return {
    id: tally.target.id,
    name: tally.target.name,
    url: tally.target.url,
    peer: tally.target.peer ?? null,
    protocol: tally.target.protocol,
    flow: tally.target.flow,
    dscp: tally.target.dscp ?? null,
    asked: tally.asked,
    samples: tally.samples,
    judged: tally.judged,
    underWay: tally.underWay.map(({ sequence, ageMs }) => ({ sequence, ageMs })),
    notBegun: tally.notBegun,
    outcomes: tally.outcomes,
    expect: tally.target.expect ?? null,
    control: tally.target.provenBy?.id ?? null,
    leaks: tally.leaks?.list ?? null,
    lost: lostOf(tally),
    lossRatio: tally.lossRatio ?? null,
    rttMs: roundTripsOf(tally.latencies) ?? null,
    wireRttMs: roundTripsOf(tally.wireTimes) ?? null,
    reflectorMs: roundTripsOf(tally.reflectorTimes) ?? null,
    proberShareMs: roundTripsOf(tally.ownShares) ?? null,
    tcp: tally.tcp.document,
    histogram: histogramOf(tally.latencies),
    jitterMs: tally.jitterMs ?? null,
    duplicates: tally.duplicated,
    reordered: tally.outOfOrder,
    failures: tally.failures,
    failedAddresses: tally.failedAddresses,
    syn: tally.syn?.document ?? null,
    mark: tally.mark?.document ?? null,
    who: tally.who?.document ?? null,
    affinityBreaks: tally.lost && { count: tally.affinityBreaks, last: tally.lastAffinityBreaks },
    flowDeaths: { count: tally.flowDeaths, last: tally.lastFlowDeaths },
  };
}

/** A series for people, without its gates. */
export function seriesLines(tally: Tally): string[] {
  const { target, samples, outcomes, lossRatio, jitterMs, failures, duplicated, outOfOrder } = tally;
  const loss = lossRatio === undefined ? 'loss unknown' : `loss ${percent(lossRatio)}`;
  const lines = [
    target.expect ? blockedLine(tally) : `${outcomes.ok} of ${samples} ok, ${loss}`,
    ...missingLines(tally),
    ...roundTripLines(tally.latencies),
    ...wireLines(tally),
    ...reflectorLines(tally),
    ...tally.tcp.lines,
  ];
  if (jitterMs !== undefined) lines.push(`jitter ${ms(jitterMs)}`);
  for (const { outcome, count, detail } of failures) lines.push(`${count} ${outcome}: ${detail}`);
  lines.push(
    ...leakLines(tally.leaks?.list ?? []),
    ...(target.expect ? proofLines(tally) : lostLines(tally)),
  );
  if (duplicated > 0) {
    const note = target.protocol === 'daytime-udp' && target.flow === 'sticky' ? MAY_HIDE_LOSS : '';
    lines.push(`${counted(duplicated, 'answer')} received more than once (duplicates)${note}`);
  }
  if (outOfOrder > 0) lines.push(`${counted(outOfOrder, 'answer')} after that to a later sample (reordered)`);
  for (const { address, count, detail } of tally.failedAddresses) {
    lines.push(`${address} failed ${counted(count, 'time')} while another address worked: ${detail}`);
  }
  lines.push(...(tally.syn?.lines ?? []), ...(tally.mark?.lines ?? []), ...responderLines(tally));
  if (tally.affinityBreaks > 0) {
    const [{ from, to } = { from: '', to: '' }] = tally.lastAffinityBreaks;
    const times = counted(tally.affinityBreaks, 'time');
    lines.push(`the flow went over to another responder ${times}, the last time from ${from} to ${to}`);
  }
  if (tally.flowDeaths > 0) {
    const last = tally.lastFlowDeaths.map(({ cause, ageMs }) => `${cause} after ${ms(ageMs)}`).join(', ');
    lines.push(`the flow died ${counted(tally.flowDeaths, 'time')}, the newest first: ${last}`);
  }
  return [headingOf(target), ...lines.map((line) => `  ${line}`)];
}

/** The id of a series, with its URL where that does not show it. */
export function headingOf({ id, name, url }: Target): string {
  return name === url ? id : `${id} (${url})`;
}

/** The round trips by the kernel's timestamps, and the probe's own share; nothing without timestamps. */
function wireLines({ ownShares, wireTimes }: Tally): string[] {
  const wire = roundTripsOf(wireTimes);
  const own = roundTripsOf(ownShares);
  if (!wire) return [];
  const share = own ? `; the probe's own share p50 ${ms(own.p50)}, p99 ${ms(own.p99)}` : '';
  return [`on the wire p50 ${ms(wire.p50)}, p99 ${ms(wire.p99)}, max ${ms(wire.max)}${share}`];
}

/** `18 of 20 blocked, 2 leaked; the control is echo` */
function blockedLine({ outcomes, samples, target }: Tally): string {
  const others = (['leaked', 'untested'] as const)
    .filter((outcome) => outcomes[outcome] > 0)
    .map((outcome) => `, ${count(outcomes[outcome])} ${outcome}`);
  return `${count(outcomes.blocked)} of ${samples} blocked${others.join('')}; the control is ${target.provenBy?.id}`;
}

/** Whether requests arrived, which only a reflector can tell, and only once it has answered a later one. */
function proofLines(tally: Tally): string[] {
  if (tally.outcomes.blocked === 0) return [];
  const lost = lostOf(tally);
  if (!lost || lost.forward + lost.return === 0) {
    return [
      'that no answer came is proved; whether requests arrived, only a reflector can tell (stamp+udp, flow=sticky), once the flow passes again',
    ];
  }
  const rest = lost.unknown > 0 ? `; of ${count(lost.unknown)} it is not known` : '';
  return [
    `by the reflector's count ${counted(lost.forward, 'request')} did not arrive, ${count(lost.return)} arrived without an answer${rest}`,
  ];
}

/** Lost samples by direction, with the intervals of their shares; null where the target can't tell. */
function lostOf({ lost, outcomes, silent }: Tally) {
  if (!lost) return null;
  const { corrupt, late, leaked, malformed, ok, truncated } = outcomes;
  const all = outcomes.lost + silent;
  const counts = { ...lost, unknown: all - lost.forward - lost.return };
  const answered = ok + late + corrupt + malformed + truncated + leaked;
  return { ...counts, confidence: CONFIDENCE, intervals: lossIntervals(counts, answered + all) };
}

export function lostLines(tally: Tally): string[] {
  const lost = lostOf(tally);
  if (!lost || tally.outcomes.lost === 0) return [];
  const of = (direction: LossDirection, what: string): string => {
    const { low, high } = lost.intervals[direction];
    return `${count(lost[direction])} (${percent(low)} to ${percent(high)} of ${what})`;
  };
  const unknown = lost.unknown > 0 ? `, ${count(lost.unknown)} not known where` : '';
  return [
    `lost on the way there ${of('forward', 'requests')}, on the way back ${of('return', 'replies')}${unknown}`,
  ];
}

/** The time that a STAMP reflector took, which the round trip includes. */
function reflectorLines({ reflectorTimes }: Tally): string[] {
  const times = roundTripsOf(reflectorTimes);
  if (!times) return [];
  return [`of it the reflector took p50 ${ms(times.p50)}, p99 ${ms(times.p99)}, max ${ms(times.max)}`];
}

/** Who answered. A reflector that was not asked for in particular may be one that does not tell. */
export function responderLines({ target, who }: Tally): string[] {
  return who && (target.who || who.known > 0) ? who.lines : [];
}

/** The samples that are missing where sampling was stopped: those under way, and those that were not due yet. */
export function missingLines({ asked, notBegun, underWay }: Tally): string[] {
  const lines: string[] = [];
  if (underWay.length > 0) {
    const ages = underWay.slice(0, MAX_AGES).map(({ ageMs }) => ms(ageMs));
    const more = underWay.length > MAX_AGES ? [`${count(underWay.length - MAX_AGES)} more`] : [];
    const list = new Intl.ListFormat('en-GB').format([...ages, ...more]);
    lines.push(
      `${count(underWay.length)} of ${counted(asked, 'sample')} under way when stopped, for ${list}`,
    );
  }
  if (notBegun > 0) lines.push(`${count(notBegun)} of ${counted(asked, 'sample')} not begun`);
  return lines;
}
