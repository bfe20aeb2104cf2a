import { flows } from '../../targets/flow.ts';
import { STATUS_VERSION, type StatusDocument } from '../status/types.ts';
import type { MeshCell, MeshRow } from './types.ts';

/** More is no row: 256 peers by both flows of eight targets. */
const MAX_CELLS = 4_096;
const MAX_TEXT = 1_024;

/** What a probe sees of its peers. */
export function rowOf({ probe, targets }: StatusDocument): MeshRow {
  const { host, node, run, trusted, zone } = probe;
  const cells: MeshCell[] = [];
  const responders: Record<string, string> = {};
  for (const { flow, name, peer, responders: who, slo, state, window } of targets) {
    if (peer === null) continue;
    const { lossRatio, p50Ms, p99Ms, samples } = window;
    cells.push({ target: name, peer, flow, state, slo, window: { samples, lossRatio, p50Ms, p99Ms } });
    const [first] = who?.responders ?? [];
    if (first) responders[peer] = first.fields;
  }
  return { version: STATUS_VERSION, run, host, node, zone, trusted, cells, responders };
}

/** The row in an answer; undefined where it is something else. Any program may be at the address. */
export function readRow(text: string): MeshRow | undefined {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRow(row) ? row : undefined;
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_TEXT;
const isFigure = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const isOneOf =
  (...all: readonly unknown[]) =>
  (value: unknown): boolean =>
    all.includes(value);
const orNull =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || is(value);
const has =
  (shape: Shape) =>
  (value: unknown): boolean =>
    isObject(value) && Object.entries(shape).every(([key, is]) => is(value[key]));

const isCell = has({
  target: isText,
  peer: isText,
  flow: isOneOf(...flows),
  state: isOneOf('up', 'down', 'pending', 'blocked', 'leaked', 'untested'),
  slo: orNull(has({ maxLossRatio: orNull(isFigure), met: isOneOf(true, false, null) })),
  window: has({
    samples: isFigure,
    lossRatio: isFigure,
    p50Ms: orNull(isFigure),
    p99Ms: orNull(isFigure),
  }),
});
const hasRowShape = has({
  version: isOneOf(STATUS_VERSION),
  run: isText,
  host: isText,
  node: orNull(isText),
  zone: orNull(isText),
  trusted: isOneOf(true, false),
  cells: (cells) => Array.isArray(cells) && cells.length <= MAX_CELLS && cells.every(isCell),
  responders: (names) => isObject(names) && Object.values(names).every(isText),
});

function isRow(value: unknown): value is MeshRow {
  return hasRowShape(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
