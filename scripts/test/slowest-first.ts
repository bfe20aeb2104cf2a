import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A run takes as long as the longest of them at least, and longer if the others do not run beside it. */
const slowest = [
  'tests/e2e/prometheus.test.ts',
  'tests/e2e/fleet.test.ts',
  'tests/docs/commands.test.ts',
  'tests/hostile/listeners/scenarios.test.ts',
  'tests/hostile/soak/brief.test.ts',
];

/** Begins with the files that take longest; vitest knows them only by the run before, which a new clone has not had. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification): number =>
      slowest.findIndex((path) => moduleId.endsWith(path)) + 1 || slowest.length + 1;
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
