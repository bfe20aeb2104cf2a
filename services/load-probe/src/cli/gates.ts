import { flagOf, type Key, text } from '@echo-daytime/runtime';
import { count, counted, ms, percent, ratioOf } from '../stats/format.ts';

/** The kinds of gates: the unit of the limit, and whether the limit is a minimum. */
const kinds = {
  'max-loss': { unit: 'ratio', isFloor: false },
  'max-lost': { unit: 'count', isFloor: false },
  'max-gap': { unit: 'ms', isFloor: false },
  'max-p50': { unit: 'ms', isFloor: false },
  'max-p99': { unit: 'ms', isFloor: false },
  'max-jitter': { unit: 'ms', isFloor: false },
  'min-success': { unit: 'ratio', isFloor: true },
  'min-success-count': { unit: 'count', isFloor: true },
} as const;

/** Gates that compare one number with a limit. */
export type MeasuredKind = keyof typeof kinds;
export type GateKind = MeasuredKind | 'responders' | 'max-bad-ports' | 'expect';
export type GateUnit = (typeof kinds)[MeasuredKind]['unit'];

/** A limit that was asked for. */
export interface Limit<Kind extends GateKind = MeasuredKind> {
  readonly kind: Kind;
  /** Milliseconds, a count, or a ratio from 0 to 1, as the unit says. */
  readonly limit: number;
  /** The limit as it was typed. */
  readonly text: string;
}

/** The measured value for each gate of a target; undefined where there was nothing to measure. */
export type Measures = { readonly [Kind in MeasuredKind]?: number | undefined };

/** How many samples or messages the measures of a target rest on. */
export interface Evidence {
  readonly noun: 'sample' | 'message';
  readonly total: number;
  /** Of them: those that measured the target, so all but `prober_late`. */
  readonly judged: number;
  /** Of them: those without a stall of the probe, which count for round-trip times. */
  readonly timed: number;
  /** The age of the oldest sample under way, where it is higher than every round trip; undefined otherwise. */
  readonly overdueMs?: number | undefined;
}

/** A target, for gates. */
export interface GatedTarget {
  readonly id: string;
  readonly measures: Measures;
  readonly evidence: Evidence;
}

/** Why a gate does not hold. These names are part of the JSON reports. */
export type GateFailure =
  | 'limit'
  | 'nothing_measured'
  | 'not_enough_measured'
  | 'still_waiting'
  | 'leaked'
  | 'untested';

/** The result of a gate for one target. */
export interface GateResult {
  readonly target: string;
  readonly measured: number | undefined;
  /** What was measured, where a number does not say it. */
  readonly had?: string;
  readonly held: boolean;
  readonly reason?: GateFailure;
  /** Why a measure within its limit does not count, as in "lb had 100%, but {…}". */
  readonly doubt?: string;
}

export interface Gate extends Limit<GateKind> {
  readonly unit: GateUnit;
  readonly results: readonly GateResult[];
}

/**
 * Judges all targets by a limit. A gate does not hold where too little was measured. Nor does it hold while a sample has
 * waited longer than every other sample took: that may be a hang, which has no round-trip time yet.
 *
 * @param minMeasured the smallest share of samples that must have measured the target, 0 to 1
 */
export function judge(given: Limit, targets: readonly GatedTarget[], minMeasured: number): Gate {
  const { kind } = given;
  const results = targets.map(({ id, measures, evidence }) => {
    const measured = measures[kind];
    const failure = failureOf(given, measured, evidence, minMeasured);
    return { target: id, measured, held: failure === undefined, ...failure };
  });
  return { ...given, unit: kinds[kind].unit, results };
}

function failureOf(
  { kind, limit }: Limit,
  measured: number | undefined,
  { noun, total, judged, timed, overdueMs }: Evidence,
  minMeasured: number,
): Pick<GateResult, 'reason' | 'doubt'> | undefined {
  if (measured === undefined) return { reason: 'nothing_measured' };
  const measuring = kinds[kind].unit === 'ms' ? timed : judged;
  if (measuring / total < minMeasured) {
    const share = `${count(measuring)} of ${counted(total, noun)}, less than ${percent(minMeasured)}`;
    return { reason: 'not_enough_measured', doubt: `not enough was measured: ${share}` };
  }
  const isWithin = kinds[kind].isFloor ? measured >= limit : measured <= limit;
  if (!isWithin) return { reason: 'limit' };
  if (overdueMs === undefined) return undefined;
  const waited = `what was under way had waited for ${ms(overdueMs)}, longer than the others took`;
  return { reason: 'still_waiting', doubt: waited };
}

export function allHeld(gates: readonly Gate[]): boolean {
  return gates.every(({ results }) => results.every(({ held }) => held));
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

/** The share of samples or messages that may be lost unless an option says otherwise. */
export const NO_LOSS = '0%';

/** A share, as a ratio from 0 to 1. */
export function percentKey(initial: string, doc: string): Key<number> {
  return text(initial, doc, (value) => {
    const ratio = ratioOf(value);
    if (ratio === undefined) throw new Error('must be a percentage from 0% to 100%, such as 0.5%');
    return ratio;
  });
}

/** No gate holds where a smaller share of samples or messages measured the target; 0 to 1. */
export const MIN_MEASURED_RATIO = 0.5;

export function minMeasuredKey(of: 'samples' | 'messages'): Key<number> {
  return percentKey(
    `${MIN_MEASURED_RATIO * 100}%`,
    `Minimum share of ${of} that measured the target (all but prober_late); below it no gate holds`,
  );
}

/** A time, finer than a duration of the configuration, in milliseconds. */
export function timeLimitKey(doc: string): Key<number> {
  return text('', doc, (value) => {
    const [, amountText, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(value) ?? [];
    const milliseconds = Number(amountText) * (MS_PER_UNIT[unit] ?? Number.NaN);
    if (!(milliseconds > 0)) throw new Error('must be a time such as 500us, 20ms or 1.5s');
    return milliseconds;
  });
}

const limitOptions = ['maxLoss', 'maxLost', 'maxGap', 'maxP50', 'maxP99', 'maxJitter'] as const;
type LimitOption = (typeof limitOptions)[number];

/** The limits that options give, `--max-p99` for instance. */
export function limitsOf(
  values: { readonly [Name in LimitOption]?: number | undefined },
  typed: { readonly [Name in LimitOption]?: string | undefined },
): Limit[] {
  return limitOptions.flatMap((name) => {
    const { [name]: limit } = values;
    const { [name]: asTyped } = typed;
    if (limit === undefined || asTyped === undefined) return [];
    return [{ kind: flagOf(name) as MeasuredKind, limit, text: asTyped }];
  });
}

/** How many samples, or which share of them, must be ok. */
export function successKey(doc: string): Key<Omit<Limit, 'text'>> {
  return text('', doc, (value) => {
    const ratio = ratioOf(value);
    if (ratio !== undefined) return { kind: 'min-success', limit: ratio };
    if (!/^[1-9]\d{0,8}$/.test(value)) {
      throw new Error(
        'must be a number of samples such as 95, or a percentage from 0% to 100% such as 99.5%',
      );
    }
    return { kind: 'min-success-count', limit: Number(value) };
  });
}
