import { expect, it } from 'vitest';
import { runScenario } from '../run.ts';
import { brokenPromises } from '../table.ts';
import { fuzzScenarios } from './scenarios.ts';

const TIMEOUT_MS = 120_000;

it.each(fuzzScenarios.map((scenario) => [scenario.name, scenario] as const))(
  'should hold: %s',
  { timeout: TIMEOUT_MS },
  async (_name, scenario) => {
    expect(brokenPromises(await runScenario(scenario, 'brief'))).toEqual([]);
  },
);
