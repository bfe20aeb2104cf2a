import { describe, expect, it } from 'vitest';
import { engineProblem, withoutEngine } from './engine.ts';

if (withoutEngine) {
  console.warn(
    `SKIPPED: images and compose file are not tested, no container engine can be used (${engineProblem}). ` +
      'Start one; scripts/machine/prepare.sh does on Debian.',
  );
}

describe.skipIf(withoutEngine)('container engine', () => {
  it('should answer, with compose and buildx', () => {
    expect(engineProblem, 'REQUIRE_DOCKER=1 asks for a container engine').toBeUndefined();
  });
});
