import { describe, expect, it } from 'vitest';
import { renderDocumented } from './documented-kustomization.ts';
import { withoutKubectl } from './kubectl.ts';
import { ofKind } from './objects.ts';

describe.skipIf(withoutKubectl)('the load balancer of docs/operations.md', () => {
  it('should keep the source, let one network in, and leave the admin ports inside', () => {
    const services = ofKind(renderDocumented('docs/operations.md'), 'Service');
    const open = services.filter(({ spec }) => spec?.type === 'LoadBalancer');
    expect(open.map(({ metadata }) => metadata?.name)).toEqual(['echo']);
    expect(open[0]?.spec).toMatchObject({
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['192.0.2.0/24'],
    });
    const ports = open[0]?.spec?.ports?.map(({ targetPort }) => targetPort);
    expect(ports).toEqual(['tcp-echo', 'udp-echo', 'tcp-dialog']);
  });
});
