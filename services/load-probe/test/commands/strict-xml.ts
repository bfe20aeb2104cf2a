/** An element of a parsed document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Text of the element itself, without its children. */
  text: string;
}

const NAME = '[A-Za-z_][\\w.-]*';
const TOKEN = new RegExp(
  `<\\?xml version="1\\.0" encoding="UTF-8"\\?>|<(?<open>${NAME})(?<attributes>(?:\\s+${NAME}="[^"<]*")*)\\s*(?<empty>/?)>|</(?<close>${NAME})>|(?<text>[^<]+)`,
  'gy',
);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** XML 1.0, section 2.2. */
const CHARACTERS = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

/**
 * Parses the subset of XML that this project writes: elements, attributes in double quotes, text and the five entities.
 *
 * @throws Error when the document is not well formed, or uses other parts of XML
 */
export function parseXml(document: string): XmlElement {
  if (!CHARACTERS.test(document)) throw new Error('a character that XML has no way to write');
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let at = 0;
  for (const { groups = {}, 0: token, index } of document.matchAll(TOKEN)) {
    if (index !== at) break;
    at += token.length;
    const parent = open.at(-1)!;
    if (groups.open !== undefined) {
      const element = {
        name: groups.open,
        attributes: attributesOf(groups.attributes ?? ''),
        children: [],
        text: '',
      };
      parent.children.push(element);
      if (groups.empty === '') open.push(element);
    } else if (groups.close !== undefined) {
      if (open.length < 2 || parent.name !== groups.close)
        throw new Error(`</${groups.close}> closes nothing`);
      open.pop();
    } else if (groups.text !== undefined) {
      if (parent === root && groups.text.trim() !== '') throw new Error('text outside of the root element');
      parent.text += unescapeXml(groups.text);
    }
  }
  if (at !== document.length)
    throw new Error(`not well formed at ${JSON.stringify(document.slice(at, at + 40))}`);
  const [element, ...more] = root.children;
  if (open.length !== 1 || !element || more.length > 0) throw new Error('not one root element, closed');
  return element;
}

/** All elements of a name below an element, in order. */
export function elementsOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.flatMap((child) => [...(child.name === name ? [child] : []), ...elementsOf(child, name)]);
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w.-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`the attribute ${name} is there twice`);
    attributes[name] = unescapeXml(value);
  }
  return attributes;
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;]*);?/g, (entity, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !entity.endsWith(';')) throw new Error(`the entity ${entity} is unknown`);
    return character;
  });
}
