import type { StatusDocument, TargetsFileStatus } from '../../src/monitor/status/types.ts';
import { counted, ms } from '../../src/stats/format.ts';
import { watchedTargets } from '../list/watched-target.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { clockTime, duration } from '../words/words.ts';
import { byId, icon, renderInto } from './dom.ts';
import { type Concern, distrustOf, type FleetSummary, summaryOf, titleOf } from './fleet-summary.ts';
import { targetHref } from './route.ts';
import type { StreamState } from './stream.ts';

/** How long the page says that the probe has restarted. */
const RESTART_NOTICE_MS = 60_000;

/** More names than this do not help in a headline. */
const MAX_NAMES = 6;

/** Everything above the rows: summary, browser tab, stream indicator and banners. */
export class Head {
  #status: StatusDocument | null = null;
  #summary: FleetSummary | null = null;
  #stream: StreamState | null = null;
  #subject: string | undefined;
  #restartSeenAt = Number.NEGATIVE_INFINITY;

  draw(status: StatusDocument): void {
    this.#status = status;
    this.#summary = summaryOf(watchedTargets(status.targets), status.probe, status.discoveries);
    this.#draw();
  }

  drawStream(state: StreamState): void {
    this.#stream = state;
    document.documentElement.dataset.stream = state.kind;
    renderInto('stream', state.kind === 'lost' ? 'Reconnecting' : 'Live');
    this.#draw();
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
    if (this.#stream?.kind === 'lost') document.title = '… No connection to the probe · load probe';
    else if (this.#summary !== null) document.title = titleOf(this.#summary, this.#subject);
  }

  #draw(): void {
    this.#drawTitle();
    this.#drawBanners();
    if (this.#status === null || this.#summary === null) return;
    const { discoveries, now, probe, targets } = this.#status;
    const { tone, headline, concerns } = this.#summary;
    const samples = targets.reduce((sum, { window }) => sum + window.samples, 0);
    byId('summary').dataset.tone = tone;
    renderInto(
      'summary',
      html`${icon(tone)}
        <div>
          <h1><span id="headline" role="status">${this.#stream?.kind === 'lost' ? 'Last known: ' : ''}${headline}</span></h1>
          <div id="concerns">${concerns.map(concernLine)}</div>
          <p id="probe">Running for ${duration(now - probe.startedAt)}, ${counted(samples, 'sample')} in the last minute, at most ${ms(probe.scheduleLagMs)} behind schedule</p>
        </div>`,
    );
    renderInto('version', `version ${probe.version}`);
    renderInto('host', `on ${probe.host}`);
    byId('no-targets').hidden = targets.length + discoveries.length > 0;
    byId('legend').hidden = targets.length === 0;
  }

  #drawBanners(): void {
    const probe = this.#status?.probe;
    const now = this.#status?.now ?? 0;
    const isRestartNew = now - this.#restartSeenAt < RESTART_NOTICE_MS;
    const restarted = `The probe restarted at ${clockTime(probe?.startedAt ?? 0, now)}. Its history begins there.`;
    renderInto('banners', [
      banner(
        'lost',
        'alert',
        this.#stream?.kind === 'lost' && lostWords(this.#stream.at, this.#status !== null),
      ),
      banner('distrust', 'alert', probe?.trusted === false && distrustOf(probe.scheduleLagMs)),
      banner('targets-file', 'alert', probe?.targetsFile && staleWords(probe.targetsFile, now)),
      banner('restart', 'status', isRestartNew && restarted),
    ]);
  }
}

/** Hidden without words. */
function banner(
  id: string,
  role: 'alert' | 'status',
  words: string | false | null | undefined,
): TemplateResult {
  const sign = icon(role === 'alert' ? 'warning' : 'notice');
  return html`<div class="banner" id=${id} role=${role} ?hidden=${!words}>${sign}<p>${words || ''}</p></div>`;
}

/** The names of the targets with a problem, each a link. */
function concernLine({ label, names, hasViews = true }: Concern): TemplateResult {
  const items = names
    .slice(0, MAX_NAMES)
    .map((name) => html`<li>${hasViews ? html`<a href=${targetHref(name)}>${name}</a>` : name}</li>`);
  const more = names.length > MAX_NAMES ? html`<li>and ${names.length - MAX_NAMES} more</li>` : '';
  return html`<div>${label}: <ul>${items}${more}</ul></div>`;
}

function lostWords(at: number, hasData: boolean): string {
  const time = clockTime(at, Date.now());
  return hasData
    ? `Connection to the probe lost at ${time}. What is greyed was true then; the page reconnects by itself.`
    : `No connection to the probe since ${time}. Is it running? The page keeps trying.`;
}

/** Null while the targets file can be used. */
function staleWords({ path, problems, readAt }: TargetsFileStatus, now: number): string | null {
  const [first, ...others] = problems;
  if (first === undefined) return null;
  const more = others.length > 0 ? `, and ${counted(others.length, 'more problem')}` : '';
  return (
    `The targets file ${path} can't be used: ${first}${more}. ` +
    `The targets are those of ${clockTime(readAt, now)}; what is new in the file is not probed.`
  );
}
