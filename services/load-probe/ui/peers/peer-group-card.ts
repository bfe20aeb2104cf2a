import { Badge } from '../app/badge.ts';
import { element, fill, setAttribute, setText } from '../app/dom.ts';
import { targetHref } from '../app/route.ts';
import { discoveryWords, downPeers, groupState, groupWords, type PeerGroup } from './peer-groups.ts';

/** More than this are found faster in the matrix below. */
const MAX_NAMED = 6;

/** A target with `discover`: the worst of its peers, and how they are found. */
export class PeerGroupCard {
  readonly element = element('li', 'target peer-group');
  readonly #name = element('h3');
  readonly #badge = new Badge();
  readonly #url = element('p', 'url');
  readonly #words = element('p', 'since');
  readonly #down = element('p', 'last-failure', 'Down: ', element('span'), element('span'));

  constructor() {
    this.element.append(
      element('div', 'name', this.#name, this.#badge.element),
      this.#url,
      this.#words,
      this.#down,
    );
  }

  draw(group: PeerGroup, now: number): void {
    const { target, url } = group.discovery;
    const state = groupState(group);
    setAttribute(this.element, 'data-state', state);
    setAttribute(this.element, 'aria-label', target);
    setText(this.#name, target);
    this.#badge.draw(state, groupWords(group));
    this.#url.hidden = url === target;
    setText(this.#url, url);
    setText(this.#words, discoveryWords(group, now).join(' '));
    const down = downPeers(group);
    this.#down.hidden = down.length === 0;
    fill(
      this.#down.children[0]!,
      down.slice(0, MAX_NAMED),
      () => element('span', '', element('a'), ' '),
      (item, peer) => {
        const link = item.firstElementChild!;
        setText(link, peer.peer!);
        setAttribute(link, 'href', targetHref(peer.name));
      },
    );
    setText(this.#down.children[1]!, down.length > MAX_NAMED ? `and ${down.length - MAX_NAMED} more` : '');
  }
}
