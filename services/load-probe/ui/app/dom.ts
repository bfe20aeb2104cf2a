import { html, render, type TemplateResult } from '../vendor/lit-html/lit-html.js';
import { clockTime } from '../words/words.ts';

/** A decorative icon from the symbols in index.html; the words beside it carry the meaning. */
export function icon(name: string): TemplateResult {
  return html`<svg class="icon" aria-hidden="true"><use href="#icon-${name}"></use></svg>`;
}

/** A time of day, as an element with the full date for programs. */
export function timeOf(at: number, now: number): TemplateResult {
  return html`<time datetime=${new Date(at).toISOString()}>${clockTime(at, now)}</time>`;
}

const rendered = new WeakSet<Element>();

/** Renders into an element of index.html, in place of what stands there until then. */
export function renderInto(id: string, content: unknown): void {
  const container = byId(id);
  if (!rendered.has(container)) container.replaceChildren();
  rendered.add(container);
  render(content, container);
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element with the id "${id}"`);
  return found;
}
