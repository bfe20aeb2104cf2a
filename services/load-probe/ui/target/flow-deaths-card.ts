import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { element, fill, setAttribute, setText } from '../app/dom.ts';
import { causeWords, lifetime } from '../words/flow-words.ts';
import { clockTime } from '../words/words.ts';

/** How the long-lived flows of a target ended; hidden where it has none. */
export class FlowDeathsCard {
  readonly element = element('section', 'card deaths');
  readonly #none = element('p', 'quiet', 'None: the flow has lived since the probe opened it.');
  readonly #body = element('tbody');
  readonly #table: HTMLTableElement;

  constructor() {
    const columns = ['Died', 'Age', 'How it ended'].map((label) => {
      const cell = element('th', '', label);
      cell.scope = 'col';
      return cell;
    });
    this.#table = element('table', '', element('thead', '', element('tr', '', ...columns)), this.#body);
    this.element.append(
      element('h2', '', 'Flow deaths'),
      element(
        'p',
        'quiet',
        'When the long-lived flow ended and was opened anew; equal ages point at an idle or session limit',
      ),
      this.#none,
      this.#table,
    );
  }

  draw(series: readonly TargetStatus[], now: number): void {
    const deaths = series.flatMap(({ flowDeaths }) => flowDeaths);
    this.element.hidden = !series.some(({ flow }) => flow === 'sticky');
    this.#none.hidden = deaths.length > 0;
    this.#table.hidden = deaths.length === 0;
    fill(this.#body, deaths, newDeath, (row, { at, ageMs, cause }) => {
      const [time, age, words] = row.children;
      setAttribute(time!.firstElementChild!, 'datetime', new Date(at).toISOString());
      setText(time!.firstElementChild!, clockTime(at, now));
      setText(age!, lifetime(ageMs));
      setText(words!, causeWords[cause]);
    });
  }
}

function newDeath(): HTMLTableRowElement {
  return element('tr', '', element('td', '', element('time')), element('td', 'number'), element('td'));
}
