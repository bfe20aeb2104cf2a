import { quoted } from './shown-text.ts';

/** A shorter name is one letter away from too many other names. */
const SHORTEST_MISSPELT = 4;
/** A name of this length may have two mistakes, a shorter name one. */
const LONG = 9;

/**
 * The name that a misspelt name most likely stands for: the same but for case, hyphens and underscores, or one or two
 * letters away. Undefined for a name that is right.
 */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const plain = plainOf(given);
  const mistakesAllowed = plain.length < SHORTEST_MISSPELT ? 0 : plain.length < LONG ? 1 : 2;
  const candidates = [...names];
  if (candidates.includes(given)) return undefined;
  const [closest] = candidates
    .map((name) => ({ name, plain: plainOf(name) }))
    .filter((candidate) => Math.abs(candidate.plain.length - plain.length) <= mistakesAllowed)
    .map((candidate) => ({ ...candidate, mistakes: mistakesBetween(plain, candidate.plain) }))
    .filter(({ mistakes }) => mistakes <= mistakesAllowed)
    .sort((one, other) => one.mistakes - other.mistakes);
  return closest?.name;
}

/** One sentence for each variable whose name is most likely a misspelt key. */
export function misspeltVariables(
  env: Readonly<Record<string, string | undefined>>,
  keys: readonly string[],
): string[] {
  return Object.keys(env).flatMap((variable) => {
    const meant = nearest(variable, keys);
    return meant === undefined
      ? []
      : `${quoted(variable)} is set and is no key of this service; did you mean ${meant}?`;
  });
}

function plainOf(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}

/** Counts letters that are missing, too many, wrong or exchanged with their neighbour (optimal string alignment). */
function mistakesBetween(one: string, other: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isExchanged = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        current[column - 1]! + 1,
        last![column]! + 1,
        last![column - 1]! + (isSame ? 0 : 1),
        isExchanged ? before![column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, current];
  }
  return last!.at(-1)!;
}
