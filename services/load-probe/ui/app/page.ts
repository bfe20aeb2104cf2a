import type { BucketsDocument, StatusDocument } from '../../src/monitor/status/types.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { drawLegend } from '../chart/legend.ts';
import { Fleet } from '../list/target-list.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { peerGroups } from '../peers/peer-groups.ts';
import { PeersSection } from '../peers/peers-section.ts';
import { TargetView } from '../target/target-view.ts';
import { byId } from './dom.ts';
import { Head } from './head.ts';
import { routeOf } from './route.ts';
import { StatusStream } from './stream.ts';

/** A sample may be due a little later than the status says it is. */
const FUTURE_SLACK_MS = 1_000;

let colors = readColors();
let status: StatusDocument | null = null;
/** The target whose view is open; null while the list is. */
let view: TargetView | null = null;
/** The picture that is to be drawn next; 0 while none is. */
let frame = 0;

const fleet = new Fleet(() => colors);
const peers = new PeersSection();
const head = new Head();

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
    fleet.forgetHistory();
  }
  fleet.forgetAfter(next.now + FUTURE_SLACK_MS);
  fleet.keepOnly(next.targets);
  head.draw(next);
  drawView();
}

function onBuckets(buckets: BucketsDocument['buckets']): void {
  fleet.putBuckets(buckets);
  // Most often the status that follows is here before the next frame, and draws.
  if (frame === 0) frame = requestAnimationFrame(drawView);
}

function drawView(): void {
  cancelAnimationFrame(frame);
  frame = 0;
  // In a hidden tab only the title is seen.
  if (document.hidden || status === null) return;
  const { discoveries, now, probe, targets } = status;
  const watched = watchedTargets(targets);
  if (view === null) {
    fleet.draw(
      watched.filter(({ peer }) => peer === null),
      { now, startedAt: probe.startedAt },
    );
    peers.draw(peerGroups(discoveries, watched), { now, host: probe.host });
  } else {
    view.draw(
      watched.find(({ name }) => name === view?.name),
      now,
    );
  }
}

/** Shows what the address asks for. */
function openView(): void {
  const route = routeOf(location.hash);
  if (route.view === 'target' && route.name === view?.name) {
    view.show(route.span);
    return;
  }
  view?.remove();
  view = route.view === 'list' ? null : new TargetView(route.name, route.span, () => colors);
  byId('list').hidden = view !== null;
  if (view !== null) byId('view').append(view.element);
  head.noteView(view?.name);
  drawView();
}

addEventListener('hashchange', () => {
  const left = view?.name;
  openView();
  if (view === null && left !== undefined) {
    fleet.focus(left);
    peers.focus(left);
  } else if (view !== null && view.name !== left) {
    scrollTo(0, 0);
    view.focus();
  }
});

document.addEventListener('visibilitychange', drawView);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colors = readColors();
  fleet.repaint();
  view?.repaint();
});

/** A canvas knows no custom properties: the theme's colours are handed to the charts. */
function readColors(): ChartColors {
  const theme = getComputedStyle(document.documentElement);
  const color = (name: string) => theme.getPropertyValue(`--${name}`).trim();
  return {
    line: color('chart-line'),
    edge: color('chart-edge'),
    inner: color('chart-inner'),
    outer: color('chart-outer'),
    grid: color('rule'),
    text: color('ink-soft'),
    gap: color('chart-gap'),
    limit: color('chart-limit'),
  };
}

drawLegend();
openView();
new StatusStream('api/events', {
  onStatus,
  onState: (state) => head.drawStream(state),
  onBuckets,
});
