import type { StatusDocument, TargetsFileStatus } from '../../src/monitor/status/types.ts';
import { counted, ms } from '../../src/stats/format.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { clockTime, duration } from '../words/words.ts';
import { byId, element, setAttribute, setIcon, setText } from './dom.ts';
import { type Concern, distrustOf, titleOf, type Verdict, verdictOf } from './fleet-summary.ts';
import { targetHref } from './route.ts';
import type { StreamState } from './stream.ts';

/** How long the page says that the probe has restarted. */
const RESTART_NOTICE_MS = 60_000;

/** More names than this do not help in a headline. */
const MAX_NAMES = 6;

/** Everything above the rows: verdict, browser tab, stream indicator and banners. */
export class Head {
  readonly #icon = document.querySelector<SVGElement>('#verdict .icon')!;
  #verdict: Verdict | null = null;
  #state: StreamState | null = null;
  #subject: string | undefined;
  #restartSeenAt = Number.NEGATIVE_INFINITY;
  #named = '';

  draw({ discoveries, now, probe, targets }: StatusDocument): void {
    const verdict = verdictOf(watchedTargets(targets), probe, discoveries);
    this.#verdict = verdict;
    this.#drawTitle();
    setAttribute(byId('verdict'), 'data-tone', verdict.tone);
    setIcon(this.#icon, verdict.tone);
    setText(byId('headline'), verdict.headline);
    this.#drawConcerns(verdict.concerns);
    const samples = targets.reduce((sum, { window }) => sum + window.samples, 0);
    setText(
      byId('probe'),
      `Running for ${duration(now - probe.startedAt)}, ${counted(samples, 'sample')} in the last minute, ` +
        `at most ${ms(probe.scheduleLagMs)} behind schedule`,
    );
    setText(byId('version'), `version ${probe.version}`);
    setText(byId('host'), `on ${probe.host}`);
    drawBanner('distrust', probe.trusted ? null : distrustOf(probe.scheduleLagMs));
    drawBanner('targets-file', staleWords(probe.targetsFile, now));
    const restarted = `The probe restarted at ${clockTime(probe.startedAt, now)}. Its history begins there.`;
    drawBanner('restart', now - this.#restartSeenAt < RESTART_NOTICE_MS ? restarted : null);
    byId('no-targets').hidden = targets.length + discoveries.length > 0;
    byId('legend').hidden = targets.length === 0;
  }

  drawStream(state: StreamState): void {
    this.#state = state;
    const isLost = state.kind === 'lost';
    setAttribute(document.documentElement, 'data-stream', state.kind);
    setText(byId('stream'), isLost ? 'Reconnecting' : 'Live');
    drawBanner('lost', isLost ? lostWords(state.at, this.#verdict !== null) : null);
    this.#drawTitle();
    if (!isLost) return;
    setText(
      byId('headline'),
      this.#verdict === null ? 'Connecting to the probe' : `Last known: ${this.#verdict.headline}`,
    );
  }

  /** @param subject the target whose view is open; undefined for the list */
  noteView(subject: string | undefined): void {
    this.#subject = subject;
    this.#drawTitle();
  }

  /** Says so for a while, by the probe's clock. */
  noteRestart(now: number): void {
    this.#restartSeenAt = now;
  }

  #drawTitle(): void {
    if (this.#state?.kind === 'lost') document.title = '… No connection to the probe · load probe';
    else if (this.#verdict !== null) document.title = titleOf(this.#verdict, this.#subject);
  }

  /** Names what is not as it should be, each a link; left alone while it is the same, as a link may have focus. */
  #drawConcerns(concerns: readonly Concern[]): void {
    const named = JSON.stringify(concerns);
    if (named === this.#named) return;
    this.#named = named;
    byId('concerns').replaceChildren(...concerns.map(drawConcern));
  }
}

function drawConcern({ label, names, hasViews = true }: Concern): HTMLElement {
  const items = names.slice(0, MAX_NAMES).map((name) => {
    if (!hasViews) return element('li', '', name);
    const link = element('a', '', name);
    link.href = targetHref(name);
    return element('li', '', link);
  });
  if (names.length > MAX_NAMES) items.push(element('li', '', `and ${names.length - MAX_NAMES} more`));
  return element('div', '', `${label}: `, element('ul', '', ...items));
}

function lostWords(at: number, hasData: boolean): string {
  const time = clockTime(at, Date.now());
  return hasData
    ? `Connection to the probe lost at ${time}. What is greyed was true then; the page reconnects by itself.`
    : `No connection to the probe since ${time}. Is it running? The page keeps trying.`;
}

/** Null while the targets file can be used, or there is none. */
function staleWords(file: TargetsFileStatus | null, now: number): string | null {
  const [first, ...others] = file?.problems ?? [];
  if (!file || first === undefined) return null;
  const more = others.length > 0 ? `, and ${counted(others.length, 'more problem')}` : '';
  return (
    `The targets file ${file.path} can't be used: ${first}${more}. ` +
    `The targets are those of ${clockTime(file.readAt, now)}; what is new in the file is not probed.`
  );
}

function drawBanner(id: string, words: string | null): void {
  const banner = byId(id);
  banner.hidden = words === null;
  if (words !== null) setText(banner.lastElementChild!, words);
}
