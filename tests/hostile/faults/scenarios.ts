import type { Scenario } from '../scenario.ts';
import { adminPortScenario } from './admin-port.ts';
import { logScenarios } from './log.ts';
import { workerScenarios } from './worker.ts';

export const faultScenarios: readonly Scenario[] = [...workerScenarios, adminPortScenario, ...logScenarios];
