/** The scale of a run: `brief` in `npm test`, `full` with `npm run torture`. */
export type Scale = 'brief' | 'full';

/** One scenario of the torture: a load on the services, and the promises that must hold under it. */
export interface Scenario {
  /** Name in the table. */
  readonly name: string;
  readonly area: 'overload' | 'faults' | 'hostile input' | 'amplification';
  /**
   * Rough duration at each scale, seconds; 0 = not part of that scale. A scenario that is not part of `brief` names the
   * tests of `npm test` that cover it.
   */
  readonly seconds: Readonly<Record<Scale, number>>;
  /** @throws when the scenario can't be run at all; a broken promise goes into `broken` instead */
  run(scale: Scale): Promise<ScenarioResult>;
}

export interface ScenarioResult {
  /** The load on the services, e.g. `20,000 connections offered to a limit of 10,000`. */
  readonly load: string;
  /** The losses, e.g. `10,000 refused, none of the served`. */
  readonly lost: string;
  /** Figures worth keeping, e.g. `{ 'p99 of the well-behaved': '1.2 × quiet' }`. */
  readonly figures: Readonly<Record<string, string>>;
  /** Promises that were broken, a sentence each; empty = held. */
  readonly broken: readonly string[];
  /** Promises that could not be judged on this machine, a sentence each with the reason. */
  readonly notJudged?: readonly string[];
}

/** The outcome of one scenario. */
export interface Row {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly outcome:
    | { readonly name: 'ran'; readonly result: ScenarioResult }
    | { readonly name: 'failed'; readonly reason: string }
    | { readonly name: 'skipped'; readonly reason: string };
}

/** Runs one scenario; a failure becomes its outcome. */
export async function runScenario(scenario: Scenario, scale: Scale): Promise<Row> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  try {
    const result = await scenario.run(scale);
    return { scenario, seconds: seconds(), outcome: { name: 'ran', result } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { scenario, seconds: seconds(), outcome: { name: 'failed', reason } };
  }
}

/** @throws Error with the text of a broken promise */
export function promise(held: boolean, broken: () => string): void {
  if (!held) throw new Error(broken());
}

/** The promises of one scenario; collects the broken ones as sentences. */
export class Promises {
  readonly broken: string[] = [];

  /** @param promise the promise as a sentence @param seen the value that breaks it */
  expect(holds: boolean, promise: string, seen: unknown = undefined): void {
    if (!holds) this.broken.push(seen === undefined ? promise : `${promise} Seen: ${describe(seen)}.`);
  }

  equal<T>(seen: T, wanted: T, what: string): void {
    this.expect(Object.is(seen, wanted), `${what} must be ${describe(wanted)}.`, seen);
  }

  /** Runs `work`; an error becomes a broken promise. */
  async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: Error) => this.broken.push(`${what}: ${error.message}`));
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
