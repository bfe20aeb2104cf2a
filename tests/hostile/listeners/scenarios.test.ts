import { expect, it } from 'vitest';
import { runScenario } from '../scenario.ts';
import { brokenPromises } from '../table.ts';
import { listenerScenarios } from './scenarios.ts';

/** More than ten times the longest scenario on an idle machine. Milliseconds. */
const TIMEOUT_MS = 600_000;

// One after the other: clients of concurrent scenarios in this process would delay each other and look slow.
it.each(listenerScenarios.map((scenario) => [scenario.name, scenario] as const))(
  'should hold: %s',
  { timeout: TIMEOUT_MS },
  async (_name, scenario) => {
    expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
  },
);
