import type uPlot from 'uplot';
import type { Cell } from './cell.ts';

/** The answers between two gaps, which no line can show. */
export function lonelyAnswers(plot: uPlot, series: number): number[] {
  const values = plot.data[series] as (number | null)[];
  const isGap = (index: number) => values[index] == null;
  return values.flatMap((_, i) => (!isGap(i) && isGap(i - 1) && isGap(i + 1) ? [i] : []));
}

/** Marks the time in which samples failed and no answer came, so that a gap in the line is seen as one. */
export function paintGaps(plot: uPlot, cells: readonly Cell[], color: string): void {
  const { ctx, bbox } = plot;
  const isGap = (index: number) =>
    cells[index] !== undefined && cells[index].p50Ms === null && cells[index].failed > 0;
  const position = (second: number) => Math.round(plot.valToPos(second, 'x', true));
  ctx.save();
  ctx.fillStyle = color;
  // Adjacent marks are one rectangle: the colour is translucent, and overlapping edges would show as stripes.
  for (let first = 0; first < cells.length; first += 1) {
    if (!isGap(first)) continue;
    let last = first;
    while (isGap(last + 1)) last += 1;
    const left = position(cells[first]!.from);
    ctx.fillRect(left, bbox.top, Math.max(position(cells[last]!.to) - left, 1), bbox.height);
    first = last;
  }
  ctx.restore();
}

/** A dashed line at the SLO limit. */
export function paintLimit(plot: uPlot, limitMs: number | null, color: string): void {
  if (limitMs === null) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(limitMs, 'y', true));
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
