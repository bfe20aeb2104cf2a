import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { unescapeC } from '@echo-daytime/c-escapes';

/** The values of the placeholders for one reply. */
export interface TemplateValues {
  /** Without its delimiter, byte for byte; undefined in a greeting. */
  readonly message: Buffer | undefined;
  /** Messages of this connection so far, this one included. */
  readonly count: number;
  /** `address:port` of the client and of the listener. */
  readonly remote: string;
  readonly local: string;
}

type Part = (values: TemplateValues) => Buffer;

/** A parsed reply or greeting. Rendering needs no look-ups. */
export class Template {
  readonly #parts: readonly Part[];

  /**
   * @param text with C escapes and placeholders; `{{` and `}}` stand for the braces themselves
   * @throws Error that shows what is wrong and lists what is allowed
   */
  constructor(text: string, allowed: readonly Placeholder[] = placeholders) {
    this.#parts = [...text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)].map(([piece, placeholder]) => {
      if (placeholder !== undefined) return partOf(placeholder, allowed);
      if (piece === '{' || piece === '}') {
        throw new Error(`must pair its braces; write ${piece}${piece} for a single ${piece}`);
      }
      const bytes = unescapeC(piece === '{{' || piece === '}}' ? piece.slice(1) : piece);
      return () => bytes;
    });
  }

  render(values: TemplateValues): Buffer {
    return Buffer.concat(this.#parts.map((part) => part(values)));
  }
}

export const placeholders = ['message', 'random', 'count', 'remote', 'local', 'hostname', 'time'] as const;
export type Placeholder = (typeof placeholders)[number];

/** A greeting answers no message. */
export const greetingPlaceholders = placeholders.filter((name) => name !== 'message');

const EMPTY = Buffer.alloc(0);
const HOSTNAME = Buffer.from(hostname());

const simpleParts: Readonly<Record<Exclude<Placeholder, 'random'>, Part>> = {
  message: ({ message }) => message ?? EMPTY,
  count: ({ count }) => Buffer.from(String(count)),
  remote: ({ remote }) => Buffer.from(remote),
  local: ({ local }) => Buffer.from(local),
  hostname: () => HOSTNAME,
  time: () => Buffer.from(new Date().toISOString()),
};

function partOf(placeholder: string, allowed: readonly Placeholder[]): Part {
  const [, name, range] = /^(\w+)(?::(.*))?$/.exec(placeholder) ?? [];
  const known = allowed.find((candidate) => candidate === name);
  if (known === 'random') return randomPart(placeholder, range ?? '');
  if (known === undefined || range !== undefined) {
    const list = allowed.map((candidate) => (candidate === 'random' ? '{random:0-99}' : `{${candidate}}`));
    throw new Error(`must not hold {${placeholder}}: the placeholders are ${list.join(' ')}`);
  }
  return simpleParts[known];
}

/** `random:0-99`: a whole number from a range, both ends included. */
function randomPart(placeholder: string, range: string): Part {
  const [, low, high] = /^(\d{1,12})-(\d{1,12})$/.exec(range) ?? [];
  const [from, to] = [Number(low), Number(high)];
  if (!(from <= to)) {
    throw new Error(
      `must not hold {${placeholder}}: a random number is written {random:0-99}, smaller end first, at most 12 digits each`,
    );
  }
  return () => Buffer.from(String(randomInt(from, to + 1)));
}
