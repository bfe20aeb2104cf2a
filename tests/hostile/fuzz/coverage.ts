import { type Profiler, Session } from 'node:inspector';

/** By URL of a source: 1 for each of its characters that ran. */
export type Ran = ReadonlyMap<string, Uint8Array>;

/**
 * Which code ran, by V8's counters of blocks in this thread
 * (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#method-takePreciseCoverage).
 *
 * V8 leaves out a block that ran as often as the one around it, so that ranges differ from time to time: what is
 * compared are the characters they stand for.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #known = new Map<string, Uint8Array>();

  /** Code that is loaded from now on is counted. */
  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /**
   * What ran since the last call. Takes some 10 ms.
   *
   * @param covers those that matter, as FuzzedParser has them
   */
  take(covers: readonly string[]): Ran {
    let taken: Profiler.TakePreciseCoverageReturnType | undefined;
    // The answer comes before the call returns: the session is that of this thread.
    this.#session.post('Profiler.takePreciseCoverage', (_error, answer) => {
      taken = answer;
    });
    const scripts = taken?.result.filter(({ url }) => covers.some((path) => isAt(url, path))) ?? [];
    return new Map(scripts.map((script) => [script.url, charactersOf(script)]));
  }

  /** Whether any of it is not known to have run. */
  isNew(ran: Ran): boolean {
    return [...ran].some(([url, characters]) => {
      const known = this.#known.get(url);
      return characters.some((one, index) => one > (known?.[index] ?? 0));
    });
  }

  add(ran: Ran): void {
    for (const [url, characters] of ran) {
      const known = this.#known.get(url) ?? new Uint8Array(0);
      const both = new Uint8Array(Math.max(known.length, characters.length));
      both.set(known);
      for (let index = 0; index < characters.length; index += 1) both[index]! |= characters[index]!;
      this.#known.set(url, both);
    }
  }

  /** Characters that are known to have run. */
  get characters(): number {
    return this.#sum((characters) => characters.reduce((sum, one) => sum + one, 0));
  }

  /** Characters of all sources of which any ran. */
  get ofCharacters(): number {
    return this.#sum(({ length }) => length);
  }

  /** Those of which nothing is known to have run: a file that was renamed, or that the parser does not use. */
  missing(covers: readonly string[]): string[] {
    const found = [...this.#known].filter(([, characters]) => characters.includes(1)).map(([url]) => url);
    return covers.filter((path) => !found.some((url) => isAt(url, path)));
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #sum(figure: (characters: Uint8Array) => number): number {
    return [...this.#known.values()].reduce((sum, characters) => sum + figure(characters), 0);
  }
}

function isAt(url: string, path: string): boolean {
  return url.endsWith(`/${path}`);
}

function charactersOf({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((each) => each.ranges);
  const ran = new Uint8Array(Math.max(...ranges.map(({ endOffset }) => endOffset)));
  // What is around comes before what is in it; the innermost range is right.
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
