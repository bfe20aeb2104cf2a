import type { StatusDocument } from '../src/status.ts';
import { byId, element, setAttribute, setIcon, setText } from './dom.ts';
import type { StreamState } from './stream.ts';
import { distrustOf, titleOf, type Verdict, verdictOf } from './verdict.ts';
import { clockTime, duration, latency } from './words.ts';

/** How long the page says that the probe has restarted. */
const RESTART_NOTICE_MS = 60_000;

/** More names than this do not help in a headline. */
const MAX_NAMES = 6;

/** Everything above the rows: verdict, browser tab, stream indicator and banners. */
export class Head {
  readonly #idOf: (target: string) => string;
  readonly #icon = document.querySelector<SVGElement>('#verdict .icon')!;
  #verdict: Verdict | null = null;
  #restartSeenAt = Number.NEGATIVE_INFINITY;
  #named = '';

  /** @param idOf the id of a target's row, to link to */
  constructor(idOf: (target: string) => string) {
    this.#idOf = idOf;
  }

  draw({ now, probe, targets }: StatusDocument): void {
    const verdict = verdictOf({ probe, targets });
    this.#verdict = verdict;
    document.title = titleOf(verdict);
    setAttribute(byId('verdict'), 'data-tone', verdict.tone);
    setIcon(this.#icon, verdict.tone);
    setText(byId('headline'), verdict.headline);
    this.#drawNames(verdict);
    setText(
      byId('probe'),
      `Running for ${duration(now - probe.startedAt)}, ` +
        `at most ${latency(probe.scheduleLagMs)} behind schedule in the last minute`,
    );
    setText(byId('version'), `version ${probe.version}`);
    drawBanner('distrust', probe.trusted ? null : distrustOf(probe.scheduleLagMs));
    const restarted = `The probe restarted at ${clockTime(probe.startedAt, now)}. Its history begins there.`;
    drawBanner('restart', now - this.#restartSeenAt < RESTART_NOTICE_MS ? restarted : null);
    byId('no-targets').hidden = targets.length > 0;
    byId('legend').hidden = targets.length === 0;
  }

  drawStream(state: StreamState): void {
    const isLost = state.kind === 'lost';
    setAttribute(document.documentElement, 'data-stream', state.kind);
    setText(byId('stream'), isLost ? 'Reconnecting' : 'Live');
    drawBanner('lost', isLost ? lostWords(state.at, this.#verdict !== null) : null);
    if (!isLost) return;
    document.title = '… No connection to the probe · load probe';
    setText(
      byId('headline'),
      this.#verdict === null ? 'Connecting to the probe' : `Last known: ${this.#verdict.headline}`,
    );
  }

  /** Says so for a while, by the probe's clock. */
  noteRestart(now: number): void {
    this.#restartSeenAt = now;
  }

  /** Names what is not up, each a link to its row; left alone while it is the same, as a link may have focus. */
  #drawNames({ down, pending }: Verdict): void {
    const named = JSON.stringify([down, pending]);
    if (named === this.#named) return;
    this.#named = named;
    byId('names').replaceChildren(
      ...this.#list('Down: ', down),
      ...this.#list('Waiting for a first sample: ', pending),
    );
  }

  #list(label: string, names: readonly string[]): Node[] {
    if (names.length === 0) return [];
    const items = names.slice(0, MAX_NAMES).map((name) => {
      const link = element('a', '', name);
      link.href = `#${this.#idOf(name)}`;
      return element('li', '', link);
    });
    if (names.length > MAX_NAMES) items.push(element('li', '', `and ${names.length - MAX_NAMES} more`));
    return [element('p', '', label, element('ul', '', ...items))];
  }
}

function lostWords(at: number, hasData: boolean): string {
  const time = clockTime(at, Date.now());
  return hasData
    ? `Connection to the probe lost at ${time}. What is greyed was true then; the page reconnects by itself.`
    : `No connection to the probe since ${time}. Is it running? The page keeps trying.`;
}

function drawBanner(id: string, words: string | null): void {
  const banner = byId(id);
  banner.hidden = words === null;
  if (words !== null) setText(banner.lastElementChild!, words);
}
