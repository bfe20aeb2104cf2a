/** Makes an element. Text goes in as text: what a target is called can never become markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** A decorative icon from the symbols in index.html; the words beside it carry the meaning. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(svg.namespaceURI, 'use'));
  setIcon(svg, name);
  return svg;
}

export function setIcon(svg: SVGElement, name: string): void {
  setAttribute(svg.firstElementChild!, 'href', `#icon-${name}`);
}

// Writing an unchanged value still costs layout, drops a text selection and can be read out again.

export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Keeps one child for each item: made once, then redrawn, so that a text selection in it survives. */
export function fill<T, E extends Element>(
  parent: Element,
  items: readonly T[],
  make: () => E,
  draw: (child: E, item: T) => void,
): void {
  while (parent.childElementCount > items.length) parent.lastElementChild!.remove();
  while (parent.childElementCount < items.length) parent.append(make());
  items.forEach((item, index) => {
    draw(parent.children[index] as E, item);
  });
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element with the id "${id}"`);
  return found;
}
