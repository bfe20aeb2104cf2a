import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { ms } from '../../src/stats/format.ts';
import { element, fill, setText } from '../app/dom.ts';
import { flowNames } from '../words/flow-words.ts';

type Phase = keyof TargetStatus['window']['phasesMs'];

interface Bar {
  readonly label: string;
  readonly startMs: number;
  readonly lengthMs: number;
}

/** In the order in which they happen, one after the other; `total` spans them all. */
const steps: readonly { readonly phase: Phase; readonly label: string; readonly isOpening: boolean }[] = [
  { phase: 'dns', label: 'Name lookup', isOpening: true },
  { phase: 'connect', label: 'TCP connect', isOpening: true },
  { phase: 'first_byte', label: 'First byte', isOpening: false },
];

/** Medians do not add up to the microsecond; a rest below this share of the total is no step of its own. */
const LEAST_REST = 0.02;

export function barsOf({ flow, window: { phasesMs } }: Pick<TargetStatus, 'flow' | 'window'>): Bar[] {
  const bars: Bar[] = [];
  let startMs = 0;
  for (const { phase, label, isOpening } of steps) {
    const lengthMs = phasesMs[phase];
    if (lengthMs === undefined) continue;
    // A sticky flow is opened by one sample and serves many: its opening is no part of their time.
    if (isOpening && flow === 'sticky') {
      bars.push({ label: `${label}, once`, startMs: 0, lengthMs });
      continue;
    }
    bars.push({ label, startMs, lengthMs });
    startMs += lengthMs;
  }
  const { total } = phasesMs;
  if (total === undefined) return bars;
  if (startMs > 0 && total - startMs > total * LEAST_REST)
    bars.push({ label: 'Rest of the answer', startMs, lengthMs: total - startMs });
  return [...bars, { label: 'Total', startMs: 0, lengthMs: total }];
}

/** Where the time of a sample goes: the median of each phase, as a waterfall for each series. */
export class PhasesCard {
  readonly element = element('section', 'card phases');
  readonly #tables = element('div');
  readonly #none = element('p', 'quiet', 'No sample has come through in the last minute.');

  constructor() {
    this.element.append(
      element('h2', '', 'Where the time goes'),
      element('p', 'quiet', 'Median of each phase in the last minute'),
      this.#none,
      this.#tables,
    );
  }

  draw(series: readonly TargetStatus[]): void {
    const shown = series
      .map((one) => ({ flow: one.flow, bars: barsOf(one) }))
      .filter(({ bars }) => bars.length > 0);
    this.#none.hidden = shown.length > 0;
    fill(
      this.#tables,
      shown,
      () => element('table', '', element('caption'), element('tbody')),
      (table, { flow, bars }) => {
        setText(table.caption!, flowNames[flow]);
        table.caption!.hidden = series.length === 1;
        const widthMs = Math.max(...bars.map(({ startMs, lengthMs }) => startMs + lengthMs));
        fill(table.tBodies[0]!, bars, newBar, (row, bar) => drawBar(row, bar, widthMs));
      },
    );
  }
}

function newBar(): HTMLTableRowElement {
  const head = element('th');
  head.scope = 'row';
  return element('tr', '', head, element('td', 'track', element('i')), element('td', 'number'));
}

function drawBar(row: HTMLTableRowElement, { label, startMs, lengthMs }: Bar, widthMs: number): void {
  const [head, track, value] = row.children;
  setText(head!, label);
  setText(value!, ms(lengthMs));
  const bar = track!.firstElementChild as HTMLElement;
  bar.style.setProperty('--start', `${(startMs / widthMs) * 100}%`);
  bar.style.setProperty('--length', `${(lengthMs / widthMs) * 100}%`);
}
