import { escapeC } from '@echo-daytime/c-escapes';
import { Random } from '../../harness/random.ts';
import {
  type Allocated,
  type AllocationMeter,
  type Cost,
  costOf,
  isTooMuch,
  MAX_CPU_MS,
  MAX_HEAP_BYTES,
} from './cost.ts';
import type { Coverage } from './coverage.ts';
import { Mutator } from './mutator.ts';
import type { FuzzedParser } from './parsers.ts';

/** A cost that repeats in every round is caused by the input, not by the compiler or the garbage collector. */
const COST_ROUNDS = 3;
/** Bytes outside of the heap that an input may allocate, per byte of the input, plus a constant for any input. */
const MAX_COPIES = 256;
const MIN_OUTSIDE_BYTES = 1024 ** 2;
/** Maximum inputs with new coverage that are searched in one batch. */
const MAX_FINDS_PER_BATCH = 4;
/** Maximum different outcomes: a parser whose outcome repeats its input would otherwise make every input new. */
const MAX_OUTCOMES = 300;

/** Findings with the same first characters count as one. */
const KIND_CHARACTERS = 50;
const MAX_FINDINGS = 10;

/** A broken promise and the input that broke it. */
export interface Finding {
  /** In the form that `unescapeC` reads. */
  readonly input: string;
  readonly what: string;
}

export interface Explored {
  readonly inputs: number;
  /** CPU time of the thread in total. */
  readonly cpuSeconds: number;
  /** Inputs with new coverage or a new outcome, seeds included; in the form that `unescapeC` reads. */
  readonly corpus: readonly string[];
  readonly coverage: {
    /** Characters of source that ran: for the seeds, at the end, and of all. */
    readonly before: number;
    readonly after: number;
    readonly of: number;
    /** Files in `covers` without any code that ran. */
    readonly missing: readonly string[];
  };
  readonly outcomes: number;
  readonly findings: readonly Finding[];
}

export interface ExplorerOptions {
  readonly parser: FuzzedParser;
  readonly coverage: Coverage;
  readonly meter: AllocationMeter;
  readonly seed: number;
  readonly thorough: boolean;
  /** Called with each input before it is tried: an input that hangs or ends the thread can't be reported afterwards. */
  readonly trying: (input: Buffer) => void;
}

/** Tries inputs, keeps those with new coverage or a new outcome, and mutates them into more. */
export class Explorer {
  readonly #parser: FuzzedParser;
  readonly #coverage: Coverage;
  readonly #meter: AllocationMeter;
  readonly #trying: (input: Buffer) => void;
  readonly #mutator: Mutator;
  readonly #thorough: boolean;
  readonly #corpus: Buffer[] = [];
  readonly #outcomes = new Set<string>();
  readonly #findings = new Map<string, Finding>();
  /** Inputs that allocated much, to be measured alone. */
  #suspects: Buffer[] = [];

  constructor({ parser, coverage, meter, seed, thorough, trying }: ExplorerOptions) {
    this.#parser = parser;
    this.#coverage = coverage;
    this.#meter = meter;
    this.#trying = trying;
    this.#thorough = thorough;
    this.#mutator = new Mutator(new Random(seed), parser.dictionary, parser.maxBytes);
  }

  /** Tries the seeds of the parser and these inputs, the short ones first, so that short ones are kept. */
  async begin(corpus: readonly Buffer[]): Promise<void> {
    const inputs = [...this.#parser.seeds, ...corpus];
    for (const input of inputs.sort((one, other) => one.length - other.length)) {
      const isNew = await this.#attempt(input);
      const coversMore = this.#thorough && this.#coversMore();
      if (isNew || coversMore || !this.#thorough) this.#corpus.push(input);
      await this.#weigh(input);
    }
    this.#coversMore();
  }

  /** Whether code ran since the last call that had not run before. */
  #coversMore(): boolean {
    const ran = this.#coverage.take(this.#parser.covers);
    const isNew = this.#coverage.isNew(ran);
    this.#coverage.add(ran);
    return isNew;
  }

  /** @param until called after each batch; true stops */
  async explore(inputs: number, until: () => boolean): Promise<Explored> {
    const before = this.#coverage.characters;
    let tried = 0;
    while (tried < inputs && !until()) {
      const length = Math.min(this.#parser.batch, inputs - tried);
      await this.#tryBatch(length);
      tried += length;
    }
    const { characters: after, ofCharacters: of } = this.#coverage;
    const { user, system } = process.threadCpuUsage();
    return {
      inputs: tried,
      cpuSeconds: (user + system) / 1e6,
      corpus: this.#corpus.map(escapeC),
      coverage: { before, after, of, missing: this.#coverage.missing(this.#parser.covers) },
      outcomes: this.#outcomes.size,
      findings: [...this.#findings.values()],
    };
  }

  async #tryBatch(length: number): Promise<void> {
    const batch: Buffer[] = [];
    const spent = await costOf(async () => {
      for (let index = 0; index < length; index += 1) {
        const input = this.#mutator.mutate(this.#corpus);
        batch.push(input);
        if (await this.#attempt(input)) this.#corpus.push(input);
      }
    });
    const ran = this.#coverage.take(this.#parser.covers);
    if (this.#thorough && this.#coverage.isNew(ran)) await this.#keepWhatCovers(batch);
    this.#coverage.add(ran);
    const suspects = spent.cpuMs > MAX_CPU_MS ? batch : this.#suspects;
    for (const input of suspects) await this.#weigh(input);
    this.#suspects = [];
  }

  /** Tries an input. @returns whether its outcome is new */
  async #attempt(input: Buffer): Promise<boolean> {
    this.#trying(input);
    const mark = this.#meter.mark();
    try {
      const outcome = await this.#parser.attempt(input);
      this.#checkAllocated(input, this.#meter.since(mark));
      if (this.#outcomes.has(outcome) || this.#outcomes.size >= MAX_OUTCOMES) return false;
      this.#outcomes.add(outcome);
      return true;
    } catch (error) {
      this.#find(input, (error as Error).stack ?? String(error));
      return false;
    }
  }

  #checkAllocated(input: Buffer, { outside, heap }: Allocated): void {
    if (heap > MAX_HEAP_BYTES) this.#suspects.push(input);
    if (outside <= Math.max(MIN_OUTSIDE_BYTES, MAX_COPIES * input.length)) return;
    this.#find(input, `allocated ${outside} bytes outside of the heap for an input of ${input.length}`);
  }

  /** Measures an input alone, as often as needed to be sure of its cost. */
  async #weigh(input: Buffer): Promise<void> {
    let spent: Cost | undefined;
    for (let round = 0; round < COST_ROUNDS; round += 1) {
      spent = await costOf(() => this.#attempt(input));
      if (!isTooMuch(spent)) return;
    }
    this.#find(
      input,
      `took ${spent?.cpuMs.toFixed()} ms and ${spent?.heapBytes} bytes of heap for ${input.length} bytes`,
    );
  }

  /** Keeps the inputs of a batch that ran new code; finds each by bisection. */
  async #keepWhatCovers(batch: readonly Buffer[]): Promise<void> {
    for (let finds = 0; finds < MAX_FINDS_PER_BATCH; finds += 1) {
      let suspects = batch;
      while (suspects.length > 1) {
        const half = suspects.slice(0, suspects.length >>> 1);
        suspects = (await this.#runsNew(half)) ? half : suspects.slice(half.length);
      }
      for (const input of suspects) await this.#attempt(input);
      // No input is left, or the new code ran only because of the state that earlier inputs left.
      if (!this.#coversMore()) return;
      this.#corpus.push(...suspects);
    }
  }

  async #runsNew(inputs: readonly Buffer[]): Promise<boolean> {
    for (const input of inputs) await this.#attempt(input);
    return this.#coverage.isNew(this.#coverage.take(this.#parser.covers));
  }

  #find(input: Buffer, what: string): void {
    const kind = what.replace(/\d+/g, '0').slice(0, KIND_CHARACTERS);
    if (!this.#findings.has(kind) && this.#findings.size < MAX_FINDINGS)
      this.#findings.set(kind, { input: escapeC(input), what });
  }
}
