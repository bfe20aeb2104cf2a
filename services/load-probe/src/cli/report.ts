import { styleText } from 'node:util';
import { count, ms, percent } from '../stats/format.ts';
import type { Gate, GateKind, GateResult, GateUnit, Limit } from './gates.ts';

/** Version of the JSON reports. Within a version fields are only added. */
const REPORT_VERSION = 1;

/** The result of a command as JSON. */
export function jsonDocument(fields: object): string {
  return `${JSON.stringify({ version: REPORT_VERSION, ...fields }, null, 2)}\n`;
}

/** Lines of text, each with its line end. */
export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** `--max-p99 20ms`; `expect=blocked`, which is said by the target itself */
export function gateName({ kind, text }: Limit<GateKind>): string {
  return kind === 'expect' ? `expect=${text}` : `--${optionOf(kind)} ${text}`;
}

/** The option of a gate, without the dashes. */
function optionOf(kind: GateKind): string {
  return kind === 'min-success-count' ? 'min-success' : kind;
}

/** `--max-p99 20ms held: lb had 3.21 ms` */
export function gateLine(gate: Gate, { target, measured, had: what, held, doubt }: GateResult): string {
  const had =
    measured === undefined ? 'had nothing to measure' : `had ${what ?? amount(gate.unit, measured)}`;
  const but = doubt === undefined ? '' : `, but ${doubt}`;
  return `${gateName(gate)} ${held ? 'held' : 'did not hold'}: ${target} ${had}${but}`;
}

/** A line for each gate and target, in green or red where standard output is a terminal that shows colours. */
export function gateLines(gates: readonly Gate[]): string[] {
  return gates.flatMap((gate) =>
    gate.results.map((result) =>
      styleText(result.held ? 'green' : 'red', gateLine(gate, result), { stream: process.stdout }),
    ),
  );
}

function amount(unit: GateUnit, value: number): string {
  if (unit === 'ratio') return percent(value);
  return unit === 'ms' ? ms(value) : count(value);
}

/** A gate as JSON; `measured` is null where there was nothing to measure. */
export function gateDocument({ kind, unit, limit, results }: Gate): object {
  return {
    name: optionOf(kind),
    unit,
    limit,
    held: results.every(({ held }) => held),
    targets: results.map(({ target, measured, held, reason }) => ({
      id: target,
      measured: measured ?? null,
      held,
      reason: reason ?? null,
    })),
  };
}
