import { byId, setText } from '../app/dom.ts';
import { PeerGroupCard } from './peer-group-card.ts';
import type { PeerGroup } from './peer-groups.ts';
import { PeerMatrix } from './peer-matrix.ts';

/** All that was discovered: a card for each target, and a matrix of its peers. Hidden where there is nothing of it. */
export class PeersSection {
  readonly #section = byId('peers');
  readonly #list = byId('peer-groups');
  readonly #matrix = new PeerMatrix();
  readonly #cards: PeerGroupCard[] = [];

  constructor() {
    byId('matrix').append(this.#matrix.element);
  }

  draw(groups: readonly PeerGroup[], { now, host }: { readonly now: number; readonly host: string }): void {
    this.#section.hidden = groups.length === 0;
    setText(
      byId('peers-note'),
      `As seen from ${host}, in the last minute: loss, then p50 and p99 of the round trip`,
    );
    while (this.#cards.length > groups.length) this.#cards.pop()!.element.remove();
    while (this.#cards.length < groups.length) {
      const card = new PeerGroupCard();
      this.#cards.push(card);
      this.#list.append(card.element);
    }
    groups.forEach((group, index) => {
      this.#cards[index]!.draw(group, now);
    });
    byId('matrix').hidden = groups.every(({ peers }) => peers.length === 0);
    this.#matrix.draw(groups);
  }

  /** Puts the focus where it was before a peer's view was opened. */
  focus(name: string): void {
    this.#matrix.focus(name);
  }
}
