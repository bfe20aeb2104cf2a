import type { FailureNote, TargetStatus } from '../src/status.ts';
import { element, setAttribute, setText } from './dom.ts';
import { allOutcomes, outcomeWords } from './outcome-words.ts';
import { clockTime, count, countOf, setting } from './words.ts';

/** What opens below a target: how it is probed, all outcome counts, the last failures. Drawn only while open. */
export class TargetDetails {
  readonly element = element('div', 'details');
  readonly #facts = element('p', 'facts');
  readonly #counts = new Map(allOutcomes.map((outcome) => [outcome, element('td', 'number')]));
  readonly #noFailures = element('p', 'quiet', 'None recorded.');
  readonly #failures = element('ol', 'failures');

  constructor(name: string) {
    const link = element('a', '', 'JSON');
    link.href = `/api/targets/${encodeURIComponent(name)}`;
    this.element.append(
      element('section', '', element('h3', '', 'Last failures'), this.#noFailures, this.#failures),
      element('section', '', element('h3', '', 'Outcomes'), this.#facts, this.#table()),
      element('p', 'source', 'All of this, with the recent samples, as ', link),
    );
  }

  draw(target: TargetStatus, now: number): void {
    const total = allOutcomes.reduce((sum, outcome) => sum + target.outcomes[outcome], 0);
    setText(
      this.#facts,
      `${countOf(total, 'sample')} since the probe started; one every ${setting(target.intervalMs)}, ` +
        `timeout ${setting(target.timeoutMs)}, ${flowWords[target.flow]}.`,
    );
    for (const [outcome, cell] of this.#counts) {
      setText(cell, count(target.outcomes[outcome]));
      setAttribute(cell.parentElement!, 'data-seen', String(target.outcomes[outcome] > 0));
    }
    this.#noFailures.hidden = target.failures.length > 0;
    drawFailures(this.#failures, target.failures, now);
  }

  #table(): HTMLTableElement {
    const body = element('tbody');
    for (const [outcome, cell] of this.#counts) {
      const { label, meaning, family } = outcomeWords[outcome];
      const swatch = element('i', 'swatch');
      swatch.dataset.family = family;
      const head = element('th', '', swatch, label);
      head.scope = 'row';
      body.append(element('tr', '', head, element('td', 'meaning', meaning), cell));
    }
    return element('table', 'outcomes', body);
  }
}

const flowWords: Readonly<Record<TargetStatus['flow'], string>> = {
  fresh: 'each over a new connection or source port',
  sticky: 'all over one long-lived connection or source port',
};

function drawFailures(list: HTMLElement, failures: readonly FailureNote[], now: number): void {
  while (list.childElementCount > failures.length) list.lastElementChild!.remove();
  while (list.childElementCount < failures.length) {
    list.append(element('li', '', element('time'), element('b'), element('span')));
  }
  failures.forEach(({ at, outcome, detail }, index) => {
    const [time, reason, words] = list.children[index]!.children;
    setAttribute(time!, 'datetime', new Date(at).toISOString());
    setText(time!, clockTime(at, now));
    setText(reason!, outcomeWords[outcome].label);
    setText(words!, detail);
  });
}
