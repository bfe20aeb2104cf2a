import { type Condition, stateOf } from '../list/watched-target.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { conditionWords } from '../words/flow-words.ts';
import { icon } from './dom.ts';

/**
 * The state in colour, sign and word.
 *
 * @param words in place of those of the condition
 */
export function badge(condition: Condition, words: string = conditionWords[condition]): TemplateResult {
  const state = stateOf(condition);
  return html`<p class="badge" data-state=${state}>${icon(state)}<span>${words}</span></p>`;
}
