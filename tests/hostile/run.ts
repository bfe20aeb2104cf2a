import type { Scale, Scenario } from './scenario.ts';
import type { Row } from './table.ts';

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
