import { describe, expect, it } from 'vitest';
import { overlays, render, withoutKubectl } from './kubectl.ts';
import { mutations } from './mutations.ts';
import { policies } from './policies/every-policy.ts';

describe.skipIf(withoutKubectl).each(overlays)('the objects of overlay %s', (overlay) => {
  it.each(policies)('should $name', ({ problems }) => {
    expect(problems(render(overlay))).toEqual([]);
  });
});

describe.skipIf(withoutKubectl)('a mistake', () => {
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
