import { allHeld, type Gate, judge, type Limit } from '../../cli/gates.ts';
import { gateDocument, gateLines, jsonDocument, textOf } from '../../cli/report.ts';
import { failedDocument } from '../../net/each-address.ts';
import { MAY_HIDE_LOSS } from '../../payload/daytime-line.ts';
import { outcomes } from '../../sampling/outcome.ts';
import { PROBER_LATE_MS } from '../../sampling/self-trust.ts';
import { count, counted, ms, percent } from '../../stats/format.ts';
import { histogramOf, roundTripLines, roundTripsOf } from '../../stats/round-trips.ts';
import { isUdp } from '../../targets/protocol.ts';
import type { LoadResult } from './result.ts';

/** A shortfall is reported from this ratio on; a smaller one may be rounding at the start and the end. */
const SHORTFALL_RATIO = 0.01;

/** A result with the results of its gates. */
export interface JudgedLoad {
  readonly result: LoadResult;
  readonly gates: readonly Gate[];
  readonly minMeasured: number;
}

/** @param minMeasured the smallest share of messages that must have measured the target, 0 to 1 */
export function judgeLoad(result: LoadResult, limits: readonly Limit[], minMeasured: number): JudgedLoad {
  const { latencies } = result.counters;
  const measures = {
    'max-loss': result.lossRatio,
    'max-p50': latencies.percentile(50),
    'max-p99': latencies.percentile(99),
  };
  const gated = { id: result.plan.target.id, measures, evidence: result.evidence };
  return { result, gates: limits.map((limit) => judge(limit, [gated], minMeasured)), minMeasured };
}

/** The result as JSON. */
export function jsonReport({ result, gates, minMeasured }: JudgedLoad): string {
  const { counters, plan } = result;
  const { target, mode } = plan;
  return jsonDocument({
    held: allHeld(gates),
    interrupted: result.isInterrupted,
    target: { name: target.name, url: target.url, protocol: target.protocol },
    failedAddresses: failedDocument(result.failed),
    plan: {
      loop: mode.name,
      durationMs: plan.durationMs,
      connections: plan.connections,
      pipeline: plan.pipeline,
      workers: plan.workers,
      sizeBytes: target.sizeBytes,
      timeoutMs: target.timeoutMs,
    },
    interruptedIn: result.interruptedIn ?? null,
    elapsedMs: result.elapsedMs,
    minMeasuredRatio: minMeasured,
    offeredPerSecond: result.offeredPerSecond ?? null,
    achievedPerSecond: result.achievedPerSecond,
    shortfallRatio: shortfallOf(result) ?? null,
    messages: {
      due: result.due,
      sent: counters.begunCount,
      ok: counters.okCount,
      failed: counters.failedTotal,
      unsent: result.unsent,
      abandoned: result.abandoned,
      underWay: result.underWay,
      oldestWaitMs: result.isInterrupted ? result.oldestWaitMs : null,
    },
    outcomes: Object.fromEntries(
      outcomes.map((outcome) => [
        outcome,
        outcome === 'ok' ? counters.okCount : counters.failedCount(outcome),
      ]),
    ),
    lossRatio: result.lossRatio ?? null,
    latencyMs: roundTripsOf(counters.latencies) ?? null,
    histogram: histogramOf(counters.latencies),
    unexpectedAnswers: counters.unexpectedCount,
    connectionsOpened: counters.openedCount,
    proberStallMs: result.stallMs,
    preflight: result.preflight ?? null,
    failures: result.failures,
    gates: gates.map(gateDocument),
  });
}

/** The result as text. */
export function textReport({ result, gates }: JudgedLoad): string {
  const { target } = result.plan;
  const lines = [
    target.name === target.url ? target.name : `${target.name} (${target.url})`,
    ...resultLines(result).map((line) => `  ${line}`),
    '',
    ...gateLines(gates),
  ];
  return textOf(lines);
}

function resultLines(result: LoadResult): string[] {
  const { counters, failures, plan, preflight } = result;
  if (preflight) {
    return ['not loaded: one exchange was tried, and it failed', `${preflight.outcome}: ${preflight.detail}`];
  }
  if (result.due === 0 && result.isInterrupted)
    return [`interrupted before the first message${stageWords(result)}`];
  const failureLines = failures.map(
    ({ outcome, count: times, detail }) => `${count(times)} ${outcome}: ${detail}`,
  );
  const lines = [
    `${count(counters.okCount)} of ${counted(result.due, 'message')} ok, ${lossWords(result)}`,
    `${count(result.achievedPerSecond)} messages a second over ${ms(result.elapsedMs)}, ${paceWords(result)}`,
    ...shortfallLines(result),
    ...roundTripLines(counters.latencies),
    ...failureLines,
  ];
  if (counters.unexpectedCount > 0) {
    const note = plan.target.protocol === 'daytime-udp' ? MAY_HIDE_LOSS : '';
    lines.push(
      `${counted(counters.unexpectedCount, 'answer')} without a message under way: late answers or duplicates${note}`,
    );
  }
  const reopened = counters.openedCount - plan.connections;
  if (plan.target.protocol !== 'daytime-tcp' && reopened > 0) {
    const what = isUdp(plan.target.protocol) ? 'source ports' : 'connections';
    lines.push(`${what} were opened anew ${counted(reopened, 'time')}`);
  }
  if (result.stallMs > PROBER_LATE_MS) {
    lines.push(`the probe itself stalled for up to ${ms(result.stallMs)}; the latencies include that`);
  }
  if (result.isInterrupted) {
    lines.push(...abandonedLines(result));
  }
  return lines;
}

function lossWords({ counters, judged, lossRatio, proberLate }: LoadResult): string {
  if (lossRatio === undefined) return 'loss unknown';
  const own =
    proberLate === 0
      ? ''
      : `, ${count(proberLate)} of the ${count(judged - counters.okCount)} caused by the prober itself`;
  return `loss ${percent(lossRatio)}${own}`;
}

function stageWords({ interruptedIn }: LoadResult): string {
  if (!interruptedIn) return '';
  const { ageMs, stage } = interruptedIn;
  return stage === 'opening'
    ? `: connections were being opened for ${ms(ageMs)}`
    : `: the exchange before the load, which shows whether the target replies, was under way for ${ms(ageMs)}`;
}

function abandonedLines({ abandoned, oldestWaitMs, underWay }: LoadResult): string[] {
  const waiting = abandoned - underWay;
  const oldest = abandoned === 0 ? '' : `, the oldest for ${ms(oldestWaitMs)}`;
  const lines = [`stopped early with ${counted(underWay, 'message')} under way`];
  if (waiting > 0) lines.push(`${count(waiting)} waiting for a connection`);
  return [`${lines.join(' and ')}${oldest}`];
}

function paceWords({ offeredPerSecond, plan }: LoadResult): string {
  const over = `${counted(plan.connections, 'connection')} and ${counted(plan.workers, 'worker')}`;
  return offeredPerSecond === undefined
    ? `closed loop with ${over}`
    : `open loop at ${count(offeredPerSecond)} a second with ${over}`;
}

/** The share by which the achieved rate is below the offered rate; undefined in a closed loop. */
function shortfallOf({
  achievedPerSecond,
  due,
  isInterrupted,
  offeredPerSecond,
}: LoadResult): number | undefined {
  if (offeredPerSecond === undefined || due === 0 || isInterrupted) return undefined;
  return Math.max(0, 1 - achievedPerSecond / offeredPerSecond);
}

function shortfallLines(result: LoadResult): string[] {
  const ratio = shortfallOf(result);
  if (ratio === undefined || (ratio <= SHORTFALL_RATIO && result.unsent === 0)) return [];
  const lines = [
    `shortfall: ${count(result.offeredPerSecond!)} messages a second were due, ` +
      `${count(result.achievedPerSecond)} came back (${percent(ratio)} less)`,
  ];
  if (result.unsent > 0) {
    lines.push(
      `  ${counted(result.unsent, 'message')} found no connection free until ` +
        `${ms(result.plan.target.timeoutMs)} after the end and were never sent;`,
      '  the target, the path or this machine is slower than the rate, or there are too few connections for the latency',
    );
  }
  return lines;
}
