import type { AddressNote, TargetStatus } from '../../src/monitor/status/types.ts';
import { element, fill, setAttribute, setText } from '../app/dom.ts';
import { clockTime } from '../words/words.ts';

/** Addresses of a target's name that failed while another one worked; hidden where none did. */
export class FailedAddressesCard {
  readonly element = element('section', 'card addresses');
  readonly #list = element('ol', 'failures');

  constructor() {
    this.element.append(
      element('h2', '', 'Failed addresses'),
      element(
        'p',
        'quiet',
        'Another address of the same name worked; clients that try one only have it worse',
      ),
      this.#list,
    );
    this.element.hidden = true;
  }

  draw(series: readonly TargetStatus[], now: number): void {
    const notes = notesOf(series);
    this.element.hidden = notes.length === 0;
    fill(this.#list, notes, newNote, (item, { address, at, detail }) => {
      const [time, name, words] = item.children;
      setAttribute(time!, 'datetime', new Date(at).toISOString());
      setText(time!, clockTime(at, now));
      setText(name!, address);
      setText(words!, detail);
    });
  }
}

/** One for each address, newest first, whichever flow saw it. */
function notesOf(series: readonly TargetStatus[]): AddressNote[] {
  const oldestFirst = series.flatMap(({ failedAddresses }) => failedAddresses).sort((a, b) => a.at - b.at);
  return [...new Map(oldestFirst.map((note) => [note.address, note])).values()].sort((a, b) => b.at - a.at);
}

function newNote(): HTMLLIElement {
  return element('li', '', element('time'), element('b'), element('span'));
}
