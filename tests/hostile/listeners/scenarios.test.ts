import { expect, it } from 'vitest';
import { runScenario } from '../scenario.ts';
import { brokenPromises } from '../table.ts';
import { listenerScenarios } from './scenarios.ts';

/** Ten times what the longest takes on a quiet machine, and more. Milliseconds. */
const TIMEOUT_MS = 600_000;

// One after the other: a client that is kept waiting by others in this process is taken for a slow one.
it.each(listenerScenarios.map((scenario) => [scenario.name, scenario] as const))(
  'should hold: %s',
  { timeout: TIMEOUT_MS },
  async (_name, scenario) => {
    expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
  },
);
