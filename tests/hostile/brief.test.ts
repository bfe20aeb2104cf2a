import { describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { fuzzScenarios } from './fuzz/scenarios.ts';
import { listenerScenarios } from './listeners/scenarios.ts';
import { runScenario } from './scenario.ts';
import { problemOf, scenarios } from './scenarios.ts';
import { brokenPromises } from './table.ts';

/** How many times longer than stated a scenario may take on a busy machine. */
const SLOW_MACHINE_FACTOR = 10;
const MIN_TIMEOUT_S = 200;

// Scenarios mostly wait, and at this scale none promises a time, so they run concurrently.
describe.concurrent('torture', () => {
  it('should have a unique name for each scenario', () => {
    const names = scenarios.map(({ name }) => name);
    expect([...new Set(names)]).toEqual(names);
  });

  // Scenarios that compute have their own files, because they would delay all others.
  const waiting = scenarios.filter(
    (scenario) => ![...fuzzScenarios, ...listenerScenarios].includes(scenario),
  );
  for (const scenario of waiting.filter(({ seconds }) => seconds.brief > 0)) {
    const timeout = 1_000 * Math.max(MIN_TIMEOUT_S, SLOW_MACHINE_FACTOR * scenario.seconds.brief);
    const options = { ...skipFor(problemOf(scenario)), timeout };
    it(`should hold: ${scenario.area}, ${scenario.name}`, options, async () => {
      expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
    });
  }
});
