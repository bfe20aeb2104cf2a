/** How much of a scenario is run: `brief` within `npm test`, `full` with `npm run torture`. */
export type Scale = 'brief' | 'full';

/** One scenario of the torture: what it puts on the services and what must hold. */
export interface Scenario {
  /** As the table shows it. */
  readonly name: string;
  readonly area: 'overload' | 'faults' | 'hostile input' | 'amplification';
  /**
   * Roughly how long it takes at each scale, seconds; 0 = not part of that scale. What is not part of `brief` has tests of
   * its own in `npm test`, which the scenario names.
   */
  readonly seconds: Readonly<Record<Scale, number>>;
  /** @throws when it can't be carried out at all; a promise that was broken goes into `broken` instead */
  run(scale: Scale): Promise<ScenarioResult>;
}

export interface ScenarioResult {
  /** What was put on the services, e.g. `20,000 connections offered to a limit of 10,000`. */
  readonly load: string;
  /** What was lost on the way, e.g. `10,000 refused, none of the served`. */
  readonly lost: string;
  /** Figures worth keeping, e.g. `{ 'p99 of the well-behaved': '1.2 × quiet' }`. */
  readonly figures: Readonly<Record<string, string>>;
  /** Promises that were broken, a sentence each; empty = held. */
  readonly broken: readonly string[];
  /** Promises that could not be judged on this machine, a sentence each with the reason. */
  readonly notJudged?: readonly string[];
}

/** What became of one scenario. */
export interface Row {
  readonly scenario: Scenario;
  readonly seconds: number;
  readonly outcome:
    | { readonly name: 'ran'; readonly result: ScenarioResult }
    | { readonly name: 'failed'; readonly reason: string }
    | { readonly name: 'skipped'; readonly reason: string };
}

/** Runs one scenario to its end, however that comes. */
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

/** Promises of one scenario; those that did not hold are kept as sentences. */
export class Promises {
  readonly broken: string[] = [];

  /** @param promise a sentence that says what is promised; `seen` is what was there instead */
  expect(holds: boolean, promise: string, seen: unknown = undefined): void {
    if (!holds) this.broken.push(seen === undefined ? promise : `${promise} Seen: ${describe(seen)}.`);
  }

  equal<T>(seen: T, wanted: T, what: string): void {
    this.expect(Object.is(seen, wanted), `${what} must be ${describe(wanted)}.`, seen);
  }

  /** Keeps what `work` throws, with what it was about. */
  async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: Error) => this.broken.push(`${what}: ${error.message}`));
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
