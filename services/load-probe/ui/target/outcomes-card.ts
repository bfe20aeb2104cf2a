import type { TargetStatus } from '../../src/monitor/status/types.ts';
import { count, percent } from '../../src/stats/format.ts';
import { element, fill, setAttribute, setText } from '../app/dom.ts';
import { flowNames } from '../words/flow-words.ts';
import { allOutcomes, outcomeWords } from '../words/outcome-words.ts';

/** How often each outcome was seen since the probe started, a column for each series. */
export class OutcomesCard {
  readonly element = element('section', 'card outcomes');
  readonly #head = element('tr');
  readonly #body = element('tbody');

  constructor() {
    const table = element('table', '', element('thead', '', this.#head), this.#body);
    this.element.append(
      element('h2', '', 'Outcomes'),
      element('p', 'quiet', 'Samples since the probe started'),
      table,
    );
  }

  draw(series: readonly TargetStatus[]): void {
    const columns = [
      'Outcome',
      'Meaning',
      ...series.map(({ flow }) => (series.length > 1 ? flowNames[flow] : 'Samples')),
    ];
    fill(this.#head, columns, newColumn, (cell, label) => setText(cell, label));
    const totals = series.map(({ outcomes }) =>
      allOutcomes.reduce((sum, outcome) => sum + outcomes[outcome], 0),
    );
    fill(this.#body, allOutcomes, newRow, (row, outcome) => {
      const { label, meaning, family } = outcomeWords[outcome];
      const [head, what, ...numbers] = row.children;
      setAttribute(head!.firstElementChild!, 'data-family', family);
      setText(head!.lastChild!, label);
      setText(what!, meaning);
      setAttribute(head!, 'data-seen', String(series.some(({ outcomes }) => outcomes[outcome] > 0)));
      while (numbers.length > series.length) numbers.pop()!.remove();
      series.forEach(({ outcomes }, index) => {
        const number =
          numbers[index] ?? row.appendChild(element('td', 'number', element('b'), ' ', element('span')));
        const seen = outcomes[outcome];
        setAttribute(number, 'data-seen', String(seen > 0));
        setText(number.firstElementChild!, count(seen));
        setText(number.lastElementChild!, seen === 0 ? '' : percent(seen / totals[index]!));
      });
    });
  }
}

function newColumn(): HTMLTableCellElement {
  const cell = element('th');
  cell.scope = 'col';
  return cell;
}

function newRow(): HTMLTableRowElement {
  const head = element('th', '', element('i', 'swatch'), '…');
  head.scope = 'row';
  return element('tr', '', head, element('td', 'meaning'));
}
