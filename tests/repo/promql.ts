/** What an expression reads, as it is written. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'Inf', 'NaN']);
const STRING = /"(?:[^"\\]|\\.)*"/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const RANGE = /\[[^\]]*\]|\boffset\s+\w+/g;
/** A name that is not called, with its braces. */
const SELECTOR = /([a-zA-Z_:][\w:]*)(\{[^}]*\})?(?!\w|\s*\()/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** The series that a PromQL expression selects. Says nothing of whether it is well formed: promtool does. */
export function selectorsOf(expression: string): Selector[] {
  const bare = expression.replace(GROUPING, ' ').replace(RANGE, ' ');
  const inBraces = [...bare.matchAll(/\{[^}]*\}/g)].map(({ index, 0: text }) => [index, index + text.length]);
  const strings = [...bare.matchAll(STRING)].map(({ index, 0: text }) => [index, index + text.length]);
  const isInside = (at: number): boolean =>
    [...inBraces, ...strings].some(([start, end]) => at > start! && at < end!);
  return [...bare.matchAll(SELECTOR)]
    .filter(({ index, 1: name }) => !isInside(index) && !WORDS.has(name!))
    .map(([, metric = '', braces = '']) => ({
      metric,
      matchers: [...braces.matchAll(MATCHER)].map(([, label = '', operator, value = '']) => ({
        label,
        operator: operator as Matcher['operator'],
        value,
      })),
    }));
}

/** The labels that a PromQL expression groups or matches vectors by. */
export function groupedBy(expression: string): string[] {
  return [...expression.matchAll(GROUPING)]
    .flatMap(([, labels = '']) => labels.split(','))
    .map((label) => label.trim())
    .filter((label) => label !== '');
}
