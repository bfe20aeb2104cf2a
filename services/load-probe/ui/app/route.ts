/** What the page shows, kept in the address: every view can be linked to, and the back button works. */

export const historySpans = ['10m', '1h', '6h'] as const;
export type HistorySpan = (typeof historySpans)[number];

export type Route =
  | { readonly view: 'list' }
  | { readonly view: 'target'; readonly name: string; readonly span: HistorySpan };

export const LIST_HREF = '#/';
const TARGET = /^#\/targets\/([^?]+)(?:\?span=([^&]*))?$/;

/** @param hash the address from its `#` on; whatever makes no sense is the list */
export function routeOf(hash: string): Route {
  const [, name, wanted] = TARGET.exec(hash) ?? [];
  if (name === undefined) return { view: 'list' };
  const span = historySpans.find((known) => known === wanted) ?? historySpans[0];
  return { view: 'target', name: decoded(name), span };
}

/** The link to a target's view, by default with the shortest span. */
export function targetHref(name: string, span: HistorySpan = historySpans[0]): string {
  return `#/targets/${encodeURIComponent(name)}${span === historySpans[0] ? '' : `?span=${span}`}`;
}

/** Links are typed by hand too: a name that is no valid encoding is taken as it stands. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
