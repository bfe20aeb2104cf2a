import { badge } from '../app/badge.ts';
import { targetHref } from '../app/route.ts';
import { html, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { discoveryWords, downPeers, groupState, groupWords, type PeerGroup } from './peer-groups.ts';

/** More than this are found faster in the matrix below. */
const MAX_NAMED = 6;

/** A target with `discover`: the worst of its peers, and how they are found. */
export function peerGroupCard(group: PeerGroup, now: number): TemplateResult {
  const { target, url } = group.discovery;
  const state = groupState(group);
  const down = downPeers(group);
  const links = down
    .slice(0, MAX_NAMED)
    .map(({ name, peer }) => html`<span><a href=${targetHref(name)}>${peer}</a> </span>`);
  const more = down.length > MAX_NAMED ? `and ${down.length - MAX_NAMED} more` : '';
  return html`<li class="target peer-group" aria-label=${target} data-state=${state}>
    <div class="name"><h3>${target}</h3>${badge(state, groupWords(group))}</div>
    <p class="url" ?hidden=${url === target}>${url}</p>
    <p class="since">${discoveryWords(group, now).join(' ')}</p>
    <p class="last-failure" ?hidden=${down.length === 0}>Down: <span>${links}</span><span>${more}</span></p>
  </li>`;
}
