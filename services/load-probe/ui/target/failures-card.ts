import { element, fill, setAttribute, setText } from '../app/dom.ts';
import { failuresOf, type WatchedTarget } from '../list/watched-target.ts';
import { flowNames } from '../words/flow-words.ts';
import { outcomeWords } from '../words/outcome-words.ts';
import { clockTime } from '../words/words.ts';

/** The last failures of a target: when, what, and why in words. */
export class FailuresCard {
  readonly element = element('section', 'card');
  readonly #none = element('p', 'quiet', 'None recorded since the probe started.');
  readonly #list = element('ol', 'failures');

  constructor() {
    this.element.append(element('h2', '', 'Last failures'), this.#none, this.#list);
  }

  draw(target: WatchedTarget, now: number): void {
    const failures = failuresOf(target);
    const isPaired = target.series.length > 1;
    this.#none.hidden = failures.length > 0;
    this.#list.hidden = failures.length === 0;
    fill(this.#list, failures, newFailure, (item, { at, outcome, detail, flow }) => {
      const [swatch, time, reason, words] = item.children;
      setAttribute(swatch!, 'data-family', outcomeWords[outcome].family);
      setAttribute(time!, 'datetime', new Date(at).toISOString());
      setText(time!, clockTime(at, now));
      setText(
        reason!,
        `${outcomeWords[outcome].label}${isPaired ? ` · ${flowNames[flow].toLowerCase()}` : ''}`,
      );
      setText(words!, detail);
    });
  }
}

function newFailure(): HTMLLIElement {
  return element('li', '', element('i', 'swatch'), element('time'), element('b'), element('span'));
}
