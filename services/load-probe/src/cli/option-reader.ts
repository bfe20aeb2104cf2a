import { type Key, quoted, refusedValue } from '@echo-daytime/runtime';
import { UsageError } from './errors.ts';

/** Reads the options of a command line one by one and remembers every mistake, to name them all at once. */
export class OptionReader {
  readonly #operands: readonly string[];
  readonly #problems: string[];

  /** @param args what commander left: operands, and options that do not exist */
  constructor(args: readonly string[]) {
    this.#operands = args.filter((arg) => !arg.startsWith('-'));
    this.#problems = args
      .filter((arg) => arg.startsWith('-'))
      .map((arg) => `there is no option ${arg.replace(/=.*/s, '')}`);
  }

  /** An option's value or its default; the default too when the value is wrong. */
  read<T>(option: string, given: string | undefined, key: Key<T>): T {
    if (given === undefined) return key.parse(key.default);
    return this.readIfGiven(option, given, key) ?? key.parse(key.default);
  }

  /** Undefined when the option is not given or its value is wrong. */
  readIfGiven<T>(option: string, given: string | undefined, key: Key<T>): T | undefined {
    if (given === undefined) return undefined;
    try {
      return key.parse(given);
    } catch (error) {
      this.problem(refusedValue(`${option} `, given, key, error as Error));
      return undefined;
    }
  }

  /**
   * The only operand.
   *
   * @param name as in the usage line
   * @returns undefined when `read` throws or there is not exactly one
   */
  operand<T>(name: string, example: string, read: (text: string) => T): T | undefined {
    const [first, ...more] = this.#operands;
    if (first === undefined) this.problem(`there is no ${name}; name one, such as ${example}`);
    if (more.length > 0)
      this.problem(`only one ${name} can be given; ${more.map(quoted).join(' ')} is too much`);
    if (first === undefined) return undefined;
    try {
      return read(first);
    } catch (error) {
      this.problem(refusedValue('', first, { parse: read }, error as Error));
      return undefined;
    }
  }

  problem(sentence: string): void {
    this.#problems.push(sentence);
  }

  /**
   * What was read, now that nothing of it was wrong.
   *
   * @throws UsageError
   */
  done<T extends object>(options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
    if (this.#problems.length > 0) throw new UsageError(this.#problems);
    return options as { [Name in keyof T]: Exclude<T[Name], undefined> };
  }
}

/** For the help of a command. */
export function withDefault(key: Key<unknown>): string {
  return `${key.doc} (default ${key.default})`;
}
