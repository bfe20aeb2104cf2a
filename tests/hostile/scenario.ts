/** How much of a scenario is run: `brief` within `npm test`, `full` with `npm run torture`. */
export type Scale = 'brief' | 'full';

/** One scenario of the torture: what it puts on the services and what must hold. */
export interface Scenario {
  /** As the table shows it. */
  readonly name: string;
  readonly area: 'overload' | 'faults' | 'hostile input' | 'amplification' | 'long run';
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
