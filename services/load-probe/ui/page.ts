import type { SamplesDocument, StatusDocument } from '../src/status.ts';
import type { ChartColors } from './chart.ts';
import { Fleet } from './fleet.ts';
import { Head } from './head.ts';
import { drawLegend } from './legend.ts';
import { StatusStream } from './stream.ts';

let colors = readColors();
let status: StatusDocument | null = null;

const fleet = new Fleet(() => colors);
const head = new Head((name) => fleet.idOf(name));

function onStatus(next: StatusDocument): void {
  const before = status?.probe;
  status = next;
  // This script came from the probe it shows; another version of the probe may say things it does not know.
  if (before !== undefined && before.version !== next.probe.version) {
    location.reload();
    return;
  }
  if (before !== undefined && before.startedAt !== next.probe.startedAt) {
    head.noteRestart(next.now);
    fleet.forgetBefore(next.probe.startedAt);
  }
  fleet.keepOnly(next.targets);
  head.draw(next);
  drawFleet();
}

function onSamples({ samples }: SamplesDocument, isHistory: boolean): void {
  fleet.addSamples(samples, isHistory);
  // What is new is drawn with the next status; the history would leave the charts empty until then.
  if (isHistory) drawFleet();
}

function drawFleet(): void {
  // In a hidden tab only the title is seen.
  if (!document.hidden && status !== null) fleet.draw(status);
}

document.addEventListener('visibilitychange', drawFleet);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colors = readColors();
  fleet.repaint();
});

/** A canvas knows no custom properties: the theme's colours are handed to the charts. */
function readColors(): ChartColors {
  const theme = getComputedStyle(document.documentElement);
  const color = (name: string) => theme.getPropertyValue(`--${name}`).trim();
  return {
    line: color('chart-line'),
    fill: color('chart-fill'),
    grid: color('rule'),
    text: color('ink-soft'),
    gap: color('chart-gap'),
  };
}

drawLegend();
new StatusStream('/api/events', {
  onStatus,
  onState: (state) => head.drawStream(state),
  onSamples,
});
