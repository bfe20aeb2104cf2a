import { variableOf } from '@echo-daytime/worker';
import convict from 'convict';
import { ConfigError } from '../errors.ts';
import type { Key, Keys } from './keys.ts';
import { nearest } from './misspellings.ts';
import { quoted, refusedValue } from './shown-text.ts';

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags, without the program's name: `--max-connections 10` sets what MAX_CONNECTIONS sets, and wins. */
  readonly args: readonly string[];
}

/** Stands for a refused value: convict continues with it, so that every problem is found. */
class Refused {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/**
 * Reads and validates a whole configuration.
 *
 * @param check returns problems between keys, each a whole sentence that names its keys
 * @returns the frozen values
 * @throws ConfigError with every problem at once
 */
export function readConfig<Config>(
  keys: Keys<Config>,
  source: ConfigSource,
  check: (config: Config) => readonly string[] = () => [],
): Config {
  const { flags, problems } = readFlags(keys, source.args);
  const schema: Record<string, convict.SchemaObj> = {};
  for (const [name, key] of Object.entries<Key<unknown>>(keys)) {
    const env = variableOf(name);
    const given = flags.has(name) ? `--${flagOf(name)} ` : `${env}=`;
    // No `format` check: `coerce` has already refused every invalid text.
    convict.addFormat({ name: env, coerce: (text) => coerced(key, given, text), validate() {} });
    schema[name] = { doc: key.doc, default: key.default, format: env, env };
  }
  const config = convict<Record<string, unknown>>(schema, { env: source.env, args: [] });
  // The `arg` of a schema can't be used: it reads 1e3 as 1000, strips quotation marks and reads "---" as no value.
  for (const [name, text] of flags) config.set(name, text);
  const values = config.getProperties();
  problems.push(...Object.values(values).flatMap((value) => (value instanceof Refused ? value.problem : [])));
  if (problems.length === 0) problems.push(...check(values as Config));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config;
}

/** Every key with its flag, default and doc, one line each. */
export function describeKeys(keys: object): string {
  const rows = Object.entries<Key<unknown>>({ ...keys }).map(([name, key]) => ({
    names: `  ${variableOf(name)}, --${flagOf(name)}`,
    text: `${key.doc} (default ${key.default === '' ? 'empty' : key.default})`,
  }));
  const width = Math.max(...rows.map(({ names }) => names.length)) + 2;
  return rows.map(({ names, text }) => names.padEnd(width) + text).join('\n');
}

/** `maxConnections` → `max-connections` */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function coerced(key: Key<unknown>, given: string, text: string): unknown {
  try {
    return key.parse(text);
  } catch (error) {
    return new Refused(refusedValue(given, text, key, error as Error));
  }
}

/** The text of each flag, by the name of its key. */
function readFlags(
  keys: object,
  args: readonly string[],
): { readonly flags: Map<string, string>; readonly problems: string[] } {
  const names = new Map(Object.keys(keys).map((name) => [`--${flagOf(name)}`, name]));
  const flags = new Map<string, string>();
  const problems: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const [flag = '', inline] = splitOnce(arg, '=');
    const name = names.get(flag);
    if (name === undefined) {
      problems.push(
        arg.startsWith('-') ? unknownFlag(flag, names.keys()) : `unexpected argument ${quoted(arg)}`,
      );
      // The word after an unknown flag is most likely its value: one mistake, one problem.
      if (arg.startsWith('--') && inline === undefined && !args[index + 1]?.startsWith('-')) index += 1;
      continue;
    }
    if (inline === undefined) index += 1;
    const value = inline ?? args[index];
    if (value === undefined) problems.push(`${flag} needs a value`);
    else flags.set(name, value);
  }
  return { flags, problems };
}

function unknownFlag(flag: string, flags: Iterable<string>): string {
  const meant = nearest(flag, flags);
  return `${flag} is not a flag of this program${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
