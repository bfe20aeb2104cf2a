import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { badge } from '../app/badge.ts';
import { renderInto } from '../app/dom.ts';
import { type HistorySpan, LIST_HREF } from '../app/route.ts';
import type { ChartColors } from '../chart/band-chart.ts';
import { chartKey } from '../chart/legend.ts';
import { conditionOf, stateOf, type WatchedTarget } from '../list/watched-target.ts';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { html, nothing, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { flowFindingOf } from '../words/flow-words.ts';
import { targetSinceWords } from '../words/state-words.ts';
import { setting } from '../words/words.ts';
import { changesCard } from './changes-card.ts';
import { failedAddressesCard } from './failed-addresses-card.ts';
import { failuresCard } from './failures-card.ts';
import { flowDeathsCard } from './flow-deaths-card.ts';
import { leaksCard } from './leaks-card.ts';
import { notesCard } from './notes-card.ts';
import { outcomesCard } from './outcomes-card.ts';
import { phasesCard } from './phases-card.ts';
import { portsCard } from './ports-card.ts';
import { respondersCard } from './responders-card.ts';
import { SeriesPanel } from './series-panel.ts';
import { spanLinks } from './span-links.ts';

/** The view of one target, which has its own URL. */
export class TargetView {
  readonly name: string;
  readonly #colors: () => ChartColors;
  readonly #panels = new Map<string, SeriesPanel>();
  #span: HistorySpan;

  /** Draws the view before the first status. */
  constructor(name: string, span: HistorySpan, colors: () => ChartColors) {
    this.name = name;
    this.#span = span;
    this.#colors = colors;
    this.#render(nothing, nothing, nothing, nothing);
  }

  /** @param target undefined when the probe knows none of this name */
  draw(target: WatchedTarget | undefined, span: HistorySpan, now: number): void {
    this.#keepOnly(target?.series ?? []);
    if (target === undefined) {
      const words =
        'The probe has no target of this name now. It may have left the list of targets, or a peer DNS.';
      this.#render(nothing, nothing, nothing, html`<p class="quiet">${words}</p>`);
      return;
    }
    if (span !== this.#span) for (const panel of this.#panels.values()) panel.show(span);
    this.#span = span;
    const condition = conditionOf(target);
    const facts = html`<p class="since">${targetSinceWords(target, now)}</p><p class="quiet">${factsOf(target)}</p>`;
    this.#render(stateOf(condition), badge(condition), facts, this.#body(target, now));
  }

  repaint(): void {
    for (const panel of this.#panels.values()) panel.repaint();
  }

  close(): void {
    this.#keepOnly([]);
    renderInto('view', nothing);
  }

  #render(state: unknown, sign: unknown, facts: unknown, body: unknown): void {
    renderInto(
      'view',
      html`<article class="view" data-state=${state}>
        <a class="back" href=${LIST_HREF}>All targets</a>
        <header class="view-head">
          <div class="name"><h1 tabindex="-1">${this.name}</h1><div role="status">${sign}</div></div>
          ${facts}
        </header>
        ${body}
      </article>`,
    );
  }

  #body(target: WatchedTarget, now: number): TemplateResult {
    const { series } = target;
    const finding = flowFindingOf(target, now);
    return html`
      <div class="flow-finding" ?hidden=${finding === null}><h2>${finding?.headline}</h2><p>${finding?.explanation}</p></div>
      <div class="view-body">
        <div class="panels-head">${chartKey(series)}${spanLinks(this.name, this.#span)}</div>
        <div class="panels">
          ${repeat(
            series,
            ({ id }) => id,
            (status) => this.#panel(status).template(status, now, series.length > 1),
          )}
        </div>
        <div class="cards">
          <div class="card-stack">
            ${leaksCard(series, now)} ${portsCard(series)}
            ${failuresCard(target, now)} ${failedAddressesCard(series, now)} ${notesCard(series, now)}
            ${phasesCard(series)} ${flowDeathsCard(series, now)} ${changesCard(series, now)}
            ${respondersCard(series, now)}
          </div>
          <div class="card-stack">${outcomesCard(series)}</div>
        </div>
        <p class="quiet json">All of this, with the recent samples, as JSON:
          ${series.map(({ id }) => html` <a href="api/targets/${encodeURIComponent(id)}">${id}</a>`)}
        </p>
      </div>`;
  }

  #panel(status: TargetStatus): SeriesPanel {
    const known = this.#panels.get(status.id);
    if (known !== undefined) return known;
    const panel = new SeriesPanel(status, this.#colors);
    this.#panels.set(status.id, panel);
    panel.show(this.#span);
    return panel;
  }

  #keepOnly(series: readonly TargetStatus[]): void {
    for (const [id, panel] of this.#panels) {
      if (series.some((listed) => listed.id === id)) continue;
      panel.close();
      this.#panels.delete(id);
    }
  }
}

function factsOf({ url, peer, series }: WatchedTarget): string {
  const { intervalMs, timeoutMs } = series[0]!;
  const address = peer === null ? '' : ` · discovered at ${peer}`;
  return `${url}${address} · one sample every ${setting(intervalMs)}, timeout ${setting(timeoutMs)}`;
}
