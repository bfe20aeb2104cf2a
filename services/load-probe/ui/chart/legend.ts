import { byId, element } from '../app/dom.ts';
import { type Family, familyWords } from '../words/outcome-words.ts';

/** What the cells of the outcome strips mean. */
export function drawLegend(): void {
  for (const [family, words] of Object.entries(familyWords) as [Family, string][]) {
    const swatch = element('i', 'swatch');
    swatch.dataset.family = family;
    byId('families').append(element('li', '', swatch, words));
  }
}
