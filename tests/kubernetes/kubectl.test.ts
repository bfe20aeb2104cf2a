import { describe, expect, it } from 'vitest';
import { kubectlProblem, withoutKubectl } from './kubectl.ts';

if (withoutKubectl) {
  console.warn(
    `SKIPPED: the manifests for Kubernetes are not tested, no kubectl can be used (${kubectlProblem}). ` +
      'Install one; scripts/machine/prepare.sh does on Debian.',
  );
}

describe.skipIf(withoutKubectl)('kubectl', () => {
  it('should be there, with a kustomize that has components', () => {
    expect(kubectlProblem, 'REQUIRE_DOCKER=1 asks for kubectl').toBeUndefined();
  });
});
