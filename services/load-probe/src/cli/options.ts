import { flagOf, type Key, nearest, quoted, refusedValue } from '@echo-daytime/runtime';
import { Command } from 'commander';
import { UsageError } from './errors.ts';

/** An option of a command: its help, how its text is parsed, and the type of its value. */
export interface Option<T> {
  readonly doc: string;
  /** What the help calls its value, such as `<n>`; a switch has none. */
  readonly placeholder?: string;
  readonly parse?: (text: string) => unknown;
  /** The value where the option is not given, or wrong. */
  readonly absent: T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never;
};

/** The options as they were typed. */
export type TypedOptions<Table> = {
  readonly [Name in keyof Table]?: (Table[Name] extends Option<boolean> ? true : string) | undefined;
};

/** An option with a default. */
export function option<T>(placeholder: string, { doc, default: initial, parse }: Key<T>): Option<T> {
  return { doc: `${doc} (default ${initial})`, placeholder, parse, absent: parse(initial) };
}

/** An option whose value is undefined where it is not given. */
export function optional<T>(
  placeholder: string,
  { doc, parse }: Pick<Key<T>, 'doc' | 'parse'>,
): Option<T | undefined> {
  return { doc, placeholder, parse, absent: undefined };
}

/** An option without a value. */
export function flag(doc: string): Option<boolean> {
  return { doc, absent: false };
}

export interface CommandSpec<Table extends Options> {
  readonly name: string;
  readonly description: string;
  /** What follows the name, such as `[options] URL`. */
  readonly usage: string;
  readonly options: Table;
  /** What the help says after the options. */
  readonly help: string;
  run(line: CommandLine<Table>): void | Promise<void>;
}

export function defineCommand<Table extends Options>(spec: CommandSpec<Table>): Command {
  const command = new Command(spec.name)
    .description(spec.description)
    .usage(spec.usage)
    // `CommandLine` reports these mistakes, together with all others.
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', spec.help);
  for (const [name, { doc, placeholder = '' }] of Object.entries(spec.options)) {
    command.option(`--${flagOf(name)} ${placeholder}`.trimEnd(), doc);
  }
  return command.action((typed: TypedOptions<Table>, { args }: Command) =>
    spec.run(new CommandLine(spec.options, args, typed)),
  );
}

/** The command line of one call. It collects every mistake, to report all of them at once. */
export class CommandLine<Table extends Options> {
  /** Operands, and options that do not exist. */
  readonly args: readonly string[];
  readonly typed: TypedOptions<Table>;
  readonly values: OptionValues<Table>;
  readonly operands: readonly string[];
  readonly #problems: string[] = [];

  constructor(table: Table, args: readonly string[], typed: TypedOptions<Table>) {
    this.args = args;
    this.typed = typed;
    this.operands = this.#withoutUnknown(table);
    const values = Object.entries(table).map(([name, option]) => [name, this.#read(name, option)]);
    this.values = Object.fromEntries(values) as OptionValues<Table>;
  }

  /**
   * The only operand.
   *
   * @param name as in the usage line
   * @returns undefined when `read` throws or there is not exactly one
   */
  operand<T>(name: string, example: string, read: (text: string) => T): T | undefined {
    const [first, ...more] = this.operands;
    if (first === undefined) this.problem(`there is no ${name}; name one, such as ${example}`);
    if (more.length > 0)
      this.problem(`only one ${name} can be given; ${more.map(quoted).join(' ')} is too much`);
    return first === undefined ? undefined : this.parsed('', first, read);
  }

  /**
   * A value, or undefined when the text is wrong.
   *
   * @param given the beginning of the problem, before the text, such as `--port `
   */
  parsed<T>(given: string, text: string, parse: (text: string) => T): T | undefined {
    try {
      return parse(text);
    } catch (error) {
      this.problem(refusedValue(given, text, { parse }, error as Error));
      return undefined;
    }
  }

  problem(sentence: string): void {
    this.#problems.push(sentence);
  }

  /**
   * Ends the reading.
   *
   * @returns the given options, whose values all exist when there was no mistake
   * @throws UsageError with every mistake
   */
  done<T extends object>(options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
    if (this.#problems.length > 0) throw new UsageError(this.#problems);
    return options as { [Name in keyof T]: Exclude<T[Name], undefined> };
  }

  #withoutUnknown(table: Table): string[] {
    const flags = new Map(Object.entries(table).map(([name, option]) => [`--${flagOf(name)}`, option]));
    const operands: string[] = [];
    let isValue = false;
    for (const arg of this.args) {
      const isOption = arg.startsWith('-');
      if (!isOption && !isValue) operands.push(arg);
      isValue = false;
      if (!isOption) continue;
      const name = arg.replace(/=.*/s, '');
      const meant = nearest(name, flags.keys());
      this.problem(`there is no option ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
      // The word after a misspelt option is its value, and no second mistake.
      isValue = name === arg && flags.get(meant ?? '')?.placeholder !== undefined;
    }
    return operands;
  }

  #read(name: string, { absent, parse }: Option<unknown>): unknown {
    const typed = (this.typed as Readonly<Record<string, string | true | undefined>>)[name];
    if (typed === undefined) return absent;
    if (typed === true || parse === undefined) return true;
    return this.parsed(`--${flagOf(name)} `, typed, parse) ?? absent;
  }
}
