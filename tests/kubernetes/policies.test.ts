import { describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { kubectlProblem, overlays, render } from './kubectl.ts';
import { mutations } from './mutations.ts';
import { policies } from './policies/every-policy.ts';

describe.each(overlays)('the objects of overlay %s', skipFor(kubectlProblem), (overlay) => {
  it.each(policies)('should $name', ({ problems }) => {
    expect(problems(render(overlay))).toEqual([]);
  });
});

describe('a mistake', skipFor(kubectlProblem), () => {
  it.each(mutations)('should be found: $mistake', ({ overlay = 'production', policy, mutate }) => {
    const objects = render(overlay);
    mutate(objects);
    const complaining = policies.filter(({ problems }) => problems(objects).length > 0);
    expect(complaining.map(({ name }) => name)).toContain(policy);
  });

  it('should be tried for every policy', () => {
    const tried = new Set(mutations.map(({ policy }) => policy));
    expect([...tried].sort()).toEqual(policies.map(({ name }) => name).sort());
  });
});
