import { type Profiler, Session } from 'node:inspector';

/** By URL of a source file: 1 for each of its characters that ran. */
export type Ran = ReadonlyMap<string, Uint8Array>;

/**
 * Measures which code ran, by V8's block counters in this thread
 * (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#method-takePreciseCoverage).
 *
 * V8 omits a block that ran as often as the block around it, so ranges differ between calls. Therefore characters are
 * compared, not ranges.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #known = new Map<string, Uint8Array>();

  /** Counts code that is loaded after this call. */
  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /**
   * The code that ran since the last call. Takes some 10 ms.
   *
   * @param covers the source files to measure, as in FuzzedParser
   */
  take(covers: readonly string[]): Ran {
    let taken: Profiler.TakePreciseCoverageReturnType | undefined;
    // The result comes before the call returns, because the session is in this thread.
    this.#session.post('Profiler.takePreciseCoverage', (_error, answer) => {
      taken = answer;
    });
    const scripts = taken?.result.filter(({ url }) => covers.some((path) => isAt(url, path))) ?? [];
    return new Map(scripts.map((script) => [script.url, charactersOf(script)]));
  }

  /** Whether any of this code had not run before. */
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

  /** Number of characters that have run. */
  get characters(): number {
    return this.#sum((characters) => characters.reduce((sum, one) => sum + one, 0));
  }

  /** Number of characters of all source files of which any code ran. */
  get ofCharacters(): number {
    return this.#sum(({ length }) => length);
  }

  /** Source files without any code that ran: renamed, or not used by the parser. */
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
  // Outer ranges come before inner ones; the innermost range is right.
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
