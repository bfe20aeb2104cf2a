import { describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { renderDocumented } from './documented-kustomization.ts';
import { kubectlProblem } from './kubectl.ts';
import { ofKind } from './objects.ts';

describe('the load balancer of docs/operations.md', skipFor(kubectlProblem), () => {
  it('should keep the source, let one network in, and leave the admin ports inside', () => {
    const services = ofKind(renderDocumented('docs/operations.md'), 'Service');
    const open = services.filter(({ spec }) => spec?.type === 'LoadBalancer');
    expect(open.map(({ metadata }) => metadata?.name)).toEqual(['echo']);
    expect(open[0]?.spec).toMatchObject({
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['192.0.2.0/24'],
    });
    const ports = open[0]?.spec?.ports?.map(({ targetPort }) => targetPort);
    expect(ports).toEqual(['tcp-echo', 'udp-echo', 'tcp-dialog', 'udp-stamp']);
  });
});
