import { type Condition, stateOf } from '../list/watched-target.ts';
import { conditionWords } from '../words/flow-words.ts';
import { element, icon, setAttribute, setIcon, setText } from './dom.ts';

/** The state in colour, sign and word. */
export class Badge {
  readonly element = element('p', 'badge');
  readonly #icon = icon('pending');
  readonly #words = element('span');

  constructor() {
    this.element.append(this.#icon, this.#words);
  }

  /** @param words in place of those of the condition */
  draw(condition: Condition, words: string = conditionWords[condition]): void {
    setAttribute(this.element, 'data-state', stateOf(condition));
    setIcon(this.#icon, stateOf(condition));
    setText(this.#words, words);
  }
}
