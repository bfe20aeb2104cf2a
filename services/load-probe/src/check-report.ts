import { type CheckResult, hasHeld } from './check.ts';
import type { Tally } from './tally.ts';

/** Of the JSON's shape: it grows within a version and changes only with a new one. */
const REPORT_VERSION = 1;

/** The result for programs. */
export function jsonReport(result: CheckResult): string {
  const report = {
    version: REPORT_VERSION,
    held: hasHeld(result),
    interrupted: result.interrupted,
    gates: result.gates.map((gate) => ({ ...gate, held: gate.brokenBy.length === 0 })),
    targets: result.targets.map((tally) => ({
      name: tally.target.name,
      url: tally.target.url,
      protocol: tally.target.protocol,
      flow: tally.target.flow,
      samples: tally.samples,
      outcomes: tally.outcomes,
      lossRatio: tally.lossRatio ?? null,
      rttMs: tally.roundTrips ?? null,
      duplicates: tally.duplicated,
      reordered: tally.outOfOrder,
      failures: tally.failures,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** The result for people. */
export function textReport(result: CheckResult): string {
  const lines = result.targets.flatMap(targetLines);
  if (result.interrupted) lines.push('stopped before all samples were taken');
  for (const { name, allowed, brokenBy } of result.gates) {
    const gate = `--${name} ${percent(allowed)}`;
    lines.push(brokenBy.length === 0 ? `${gate} held` : `${gate} did not hold for ${brokenBy.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function targetLines(tally: Tally): string[] {
  const { target, samples, outcomes, lossRatio, roundTrips, failures, duplicated, outOfOrder } = tally;
  const loss = lossRatio === undefined ? 'loss unknown' : `loss ${percent(lossRatio)}`;
  const lines = [
    target.name === target.url ? target.name : `${target.name} (${target.url})`,
    `  ${outcomes.ok} of ${samples} ok, ${loss}`,
  ];
  if (roundTrips) {
    const { p50, p90, p99, max } = roundTrips;
    lines.push(`  round trip p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}, max ${ms(max)}`);
  }
  for (const { outcome, count, detail } of failures) lines.push(`  ${count} ${outcome}: ${detail}`);
  if (duplicated > 0) lines.push(`  ${duplicated} answers came more than once`);
  if (outOfOrder > 0) lines.push(`  ${outOfOrder} answers came out of order`);
  return lines;
}

/** Two decimals at most, and never a rounded 0% or 100% for what is not. */
function percent(ratio: number): string {
  const shown = Number((ratio * 100).toFixed(2));
  if (ratio > 0 && shown === 0) return '<0.01%';
  if (ratio < 1 && shown === 100) return '>99.99%';
  return `${shown}%`;
}

function ms(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(2) : milliseconds.toFixed(1)} ms`;
}
