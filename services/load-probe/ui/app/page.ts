import type { BucketsDocument, StatusDocument } from '../../src/monitor/status/types.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { drawLegend } from '../chart/legend.ts';
import { TargetList } from '../list/target-list.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { MeshFeed } from '../mesh/mesh-feed.ts';
import { MeshSection } from '../mesh/mesh-section.ts';
import { peerGroups } from '../peers/peer-groups.ts';
import { drawPeers } from '../peers/peers-section.ts';
import { TargetView } from '../target/target-view.ts';
import { byId } from './dom.ts';
import { Head } from './head.ts';
import { type Route, routeOf, targetHref } from './route.ts';
import { StatusStream } from './stream.ts';

/** A sample may be due a little later than the status says it is. */
const FUTURE_SLACK_MS = 1_000;
/** A status follows buckets within this time, except the buckets of the history. */
const STATUS_FOLLOWS_MS = 50;

let colors = readColors();
let status: StatusDocument | null = null;
/** The view that the URL names. */
let route: Route = { view: 'list' };
/** The target whose view is open; null while the list is. */
let view: TargetView | null = null;
/** The timer of a drawing for buckets that no status follows; 0 while there is none. */
let drawing = 0;

const list = new TargetList(() => colors);
const head = new Head();
const mesh = new MeshFeed('api/mesh', drawView);
const meshSection = new MeshSection();

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
    list.forgetAfter(0);
  }
  list.forgetAfter(next.now + FUTURE_SLACK_MS);
  list.keepOnly(next.targets);
  head.draw(next);
  drawView();
}

function onBuckets(buckets: BucketsDocument['buckets']): void {
  list.putBuckets(buckets);
  // Most often a status follows at once, and draws.
  if (drawing === 0) drawing = window.setTimeout(drawView, STATUS_FOLLOWS_MS);
}

function drawView(): void {
  clearTimeout(drawing);
  drawing = 0;
  // In a hidden tab only the title is seen.
  if (document.hidden || status === null) return;
  const { discoveries, now, probe, targets } = status;
  const watched = watchedTargets(targets);
  if (view === null || route.view === 'list') {
    list.draw(
      watched.filter(({ peer }) => peer === null),
      { now, startedAt: probe.startedAt },
    );
    drawPeers(peerGroups(discoveries, watched), { now, host: probe.host });
    const isInMesh = probe.mesh !== null;
    if (isInMesh) mesh.refresh();
    meshSection.draw(isInMesh ? mesh.state : null);
  } else {
    const { name, span } = route;
    view.draw(
      watched.find((target) => target.name === name),
      span,
      now,
    );
  }
}

/** Shows the view that the URL names. */
function openView(): void {
  route = routeOf(location.hash);
  const name = route.view === 'target' ? route.name : undefined;
  if (name !== view?.name) {
    view?.close();
    view = route.view === 'target' ? new TargetView(route.name, route.span, () => colors) : null;
    byId('list').hidden = view !== null;
    head.noteView(name);
  }
  drawView();
}

addEventListener('hashchange', () => {
  const left = view?.name;
  openView();
  if (view === null && left !== undefined) {
    focusLinkTo(left);
  } else if (view !== null && view.name !== left) {
    scrollTo(0, 0);
    // For screen readers: the user followed a link and does not see that the page has changed.
    byId('view').querySelector('h1')?.focus();
  }
});

/** Puts the focus where it was before a target's view was opened: its row, or its first cell among the peers. */
function focusLinkTo(name: string): void {
  const links = document.querySelectorAll('#targets h2 a, #matrix a');
  const found = [...links].find((link) => link.getAttribute('href') === targetHref(name));
  if (found instanceof HTMLElement) found.focus();
}

document.addEventListener('visibilitychange', drawView);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colors = readColors();
  list.repaint();
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
