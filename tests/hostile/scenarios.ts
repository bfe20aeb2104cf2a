import { Namespace } from '../harness/namespace.ts';
import { adminHttp } from './admin-http/scenarios.ts';
import { amplificationScenarios, loopScenarios } from './amplification/scenarios.ts';
import { containerProblem } from './contained-echo.ts';
import { clockScenarios } from './faults/clock.ts';
import { killedContainer } from './faults/container.ts';
import { diskProblem, diskScenarios } from './faults/log.ts';
import { pathScenarios } from './faults/path.ts';
import { faultScenarios } from './faults/scenarios.ts';
import { clockProblem } from './faults/stepped-clock.ts';
import { fuzzScenarios } from './fuzz/scenarios.ts';
import { crowdedContainer } from './overload/container.ts';
import { overloadScenarios } from './overload/scenarios.ts';
import type { Scenario } from './scenario.ts';

/** What not every machine has, and why this one has it not. */
const special = [
  { scenarios: clockScenarios, problem: clockProblem },
  { scenarios: diskScenarios, problem: diskProblem },
  { scenarios: pathScenarios, problem: Namespace.problem },
  { scenarios: [killedContainer, crowdedContainer], problem: containerProblem },
  { scenarios: loopScenarios, problem: Namespace.problem },
];

const AREAS: readonly Scenario['area'][] = ['overload', 'faults', 'hostile input', 'amplification'];

/** All of the torture, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...overloadScenarios,
  ...faultScenarios,
  ...fuzzScenarios,
  adminHttp,
  ...amplificationScenarios,
  ...special.flatMap(({ scenarios }) => scenarios),
].toSorted((one, other) => AREAS.indexOf(one.area) - AREAS.indexOf(other.area));

/** Why a scenario can't be carried out on this machine, or undefined. */
export function problemOf(scenario: Scenario): string | undefined {
  return special.find(({ scenarios }) => scenarios.includes(scenario))?.problem();
}
