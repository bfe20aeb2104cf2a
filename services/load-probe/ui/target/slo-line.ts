import type { SloStatus, TargetStatus } from '../../src/monitor/status/types.ts';
import { element, icon, setAttribute, setIcon, setText } from '../app/dom.ts';
import { sloWords } from '../words/figure-words.ts';

/** Whether one series holds its service level objective; hidden where it has none. */
export class SloLine {
  readonly element = element('p', 'slo');
  readonly #icon = icon('up');
  readonly #words = element('span');

  constructor() {
    this.element.append(this.#icon, this.#words);
  }

  draw(target: TargetStatus): void {
    const words = sloWords(target);
    this.element.hidden = words === null;
    if (target.slo === null || words === null) return;
    setAttribute(this.element, 'data-met', String(target.slo.met));
    setIcon(this.#icon, iconOf(target.slo));
    setText(this.#words, words);
  }
}

function iconOf({ met }: SloStatus): string {
  if (met === null) return 'unsure';
  return met ? 'up' : 'strained';
}
