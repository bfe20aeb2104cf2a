import { describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { fuzzScenarios } from './fuzz/scenarios.ts';
import { listenerScenarios } from './listeners/scenarios.ts';
import { runScenario } from './scenario.ts';
import { problemOf, scenarios } from './scenarios.ts';
import { brokenPromises } from './table.ts';

/** How much longer than said a scenario may take on a machine that does other things. */
const PATIENCE = 10;
const MIN_TIMEOUT_S = 200;

// Most of a scenario is waiting, and none promises anything about time at this scale.
describe.concurrent('torture', () => {
  it('should have a name of its own for each scenario', () => {
    const names = scenarios.map(({ name }) => name);
    expect([...new Set(names)]).toEqual(names);
  });

  // Those that compute have a file of their own: they would keep all the others waiting.
  const waiting = scenarios.filter(
    (scenario) => ![...fuzzScenarios, ...listenerScenarios].includes(scenario),
  );
  for (const scenario of waiting.filter(({ seconds }) => seconds.brief > 0)) {
    const timeout = 1_000 * Math.max(MIN_TIMEOUT_S, PATIENCE * scenario.seconds.brief);
    const options = { ...skipFor(problemOf(scenario)), timeout };
    it(`should hold: ${scenario.area}, ${scenario.name}`, options, async () => {
      expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
    });
  }
});
