import { Namespace } from '../harness/namespace.ts';
import { clockProblem } from '../harness/stepped-clock.ts';
import { adminHttp } from './admin-http/scenarios.ts';
import { loopScenarios } from './amplification/loops.ts';
import { amplificationScenarios } from './amplification/scenarios.ts';
import { containerProblem } from './contained-echo.ts';
import { adminPortScenario } from './faults/admin-port.ts';
import { clockScenarios } from './faults/clock.ts';
import { killedContainer } from './faults/container.ts';
import { diskProblem, diskScenarios, logScenarios } from './faults/log.ts';
import { pathScenarios } from './faults/path.ts';
import { workerScenarios } from './faults/worker.ts';
import { fuzzScenarios } from './fuzz/scenarios.ts';
import { listenerScenarios } from './listeners/scenarios.ts';
import { floodedContainer } from './overload/container.ts';
import { overloadScenarios } from './overload/scenarios.ts';
import type { Scenario } from './scenario.ts';

/** Scenarios that need something special, with the reason why this machine can't run them. */
const special = [
  { scenarios: clockScenarios, problem: clockProblem },
  { scenarios: diskScenarios, problem: diskProblem },
  { scenarios: pathScenarios, problem: Namespace.problem },
  { scenarios: [killedContainer, floodedContainer], problem: containerProblem },
  { scenarios: loopScenarios, problem: Namespace.problem },
];

const AREAS: readonly Scenario['area'][] = ['overload', 'faults', 'hostile input', 'amplification'];

/** All scenarios of the torture, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...overloadScenarios,
  ...workerScenarios,
  adminPortScenario,
  ...logScenarios,
  ...fuzzScenarios,
  ...listenerScenarios,
  adminHttp,
  ...amplificationScenarios,
  ...special.flatMap(({ scenarios }) => scenarios),
].toSorted((one, other) => AREAS.indexOf(one.area) - AREAS.indexOf(other.area));

/** Why this machine can't run a scenario, or undefined. */
export function problemOf(scenario: Scenario): string | undefined {
  return special.find(({ scenarios }) => scenarios.includes(scenario))?.problem();
}
