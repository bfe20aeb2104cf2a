import { containersOf, nameOf, ofKind, workloadsOf } from '../objects.ts';
import { type Demand, type Policy, unmet } from '../policy.ts';
import { portsOf } from './networking.ts';

/** Fields whose `false` or 0 a server keeps, because a missing field means something else. */
const KEPT = new Set([
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'enableServiceLinks',
  'maxUnavailable',
]);
/** Fields whose `{}` a server keeps, because `{}` matches everything and a missing field matches nothing. */
const KEPT_EMPTY = new Set(['namespaceSelector', 'podSelector']);

/** A value that the server changes always differs from the manifest, so `kubectl diff` shows it each time. */
const kept: Policy = {
  name: 'be written as a server keeps it',
  problems: (objects) => [
    ...objects.flatMap((object) => unmet(nameOf(object), demandsOn(object, ''))),
    ...workloadsOf(objects).flatMap((workload) =>
      unmet(nameOf(workload), [
        ...portsOf(workload).map(withProtocol),
        ...containersOf(workload).flatMap(({ resources: { requests = {}, limits = {} } = {} }) =>
          [...Object.values(requests), ...Object.values(limits)].map(canonical),
        ),
      ]),
    ),
    ...ofKind(objects, 'Deployment').flatMap((deployment) =>
      unmet(nameOf(deployment), [
        ['strategy must have a type', deployment.spec?.strategy?.type !== undefined],
      ]),
    ),
    ...ofKind(objects, 'Service').flatMap((service) =>
      unmet(
        nameOf(service),
        (service.spec?.ports ?? []).flatMap((port): Demand[] => [
          withProtocol(port),
          [`port ${port.port} must have a targetPort`, port.targetPort !== undefined],
        ]),
      ),
    ),
    ...ofKind(objects, 'NetworkPolicy').flatMap((policy) => {
      const { ingress = [], egress = [], policyTypes } = policy.spec ?? {};
      return unmet(nameOf(policy), [
        ...[...ingress, ...egress].flatMap(({ ports = [] }) => ports.map(withProtocol)),
        ['must have policyTypes', policyTypes !== undefined],
      ]);
    }),
    ...ofKind(objects, 'ServiceMonitor').flatMap((monitor) =>
      unmet(
        nameOf(monitor),
        (monitor.spec?.endpoints ?? [])
          .flatMap(({ relabelings = [], metricRelabelings = [] }) => [...relabelings, ...metricRelabelings])
          .map(({ targetLabel, action }) => [
            `the relabeling of ${targetLabel} must have an action`,
            action !== undefined,
          ]),
      ),
    ),
  ],
};

export const defaultingPolicies: readonly Policy[] = [kept];

/** Demands that no value of an object is a value that the server drops. */
function demandsOn(value: unknown, path: string): Demand[] {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (typeof value !== 'object' || value === null) {
    const isDropped = value === null || value === '' || ((value === false || value === 0) && !KEPT.has(name));
    return [[`${path} must not be ${JSON.stringify(value)}, which is dropped`, !isDropped]];
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    const isKept = !Array.isArray(value) && (KEPT_EMPTY.has(name) || /^\d+$/.test(name));
    return [[`${path} must not be empty, which is dropped`, isKept]];
  }
  return entries.flatMap(([key, item]) => demandsOn(item, path === '' ? key : `${path}.${key}`));
}

function withProtocol(port: {
  readonly name?: string;
  readonly port?: number | string;
  readonly protocol?: string;
}): Demand {
  return [`port ${port.name ?? port.port} must have a protocol`, port.protocol !== undefined];
}

/** A server writes a quantity in the largest unit that needs no fraction: `1024Mi` as `1Gi`, `1000m` as `1`. */
function canonical(quantity: string | number): Demand {
  const [, figures, unit = ''] = /^(\d+)(\w*)$/.exec(`${quantity}`) ?? [];
  // For a fraction this is NaN, which is not above 0 either.
  const isLargest = Number(figures) % (unit.endsWith('i') ? 1024 : 1000) > 0;
  return [`${quantity} must be text, in its largest whole unit`, typeof quantity === 'string' && isLargest];
}
