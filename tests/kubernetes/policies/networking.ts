import type { IContainerPort, IService } from 'kubernetes-models/v1';
import { endOf, letsIn, letsOut, outside, policiesOf, strangerIn } from '../network.ts';
import {
  type KubernetesObject,
  matches,
  nameOf,
  ofKind,
  podLabelsOf,
  podOf,
  type Workload,
  workloadsOf,
} from '../objects.ts';
import { type Demand, type Policy, unmet } from '../policy.ts';

/** The expected namespace of Prometheus. */
const MONITORING = 'monitoring';
const ADMIN = 'admin';
/** The DNS port. Only here the number matters; other ports are used by name. */
const DNS: IContainerPort = { containerPort: 53, protocol: 'UDP' };

const named: Policy = {
  name: 'name every port, and reach it by its name',
  problems: (objects) => [
    ...workloadsOf(objects).flatMap((workload) => {
      const ports = portsOf(workload);
      return unmet(nameOf(workload), [
        ['every port must have a name', ports.every(({ name }) => name)],
        ['every name must be that of one port', new Set(ports.map(({ name }) => name)).size === ports.length],
        ['every port must have a protocol', ports.every(({ protocol }) => protocol)],
        ['its container must have ports', ports.length > 0],
      ]);
    }),
    ...ofKind(objects, 'Service').flatMap((service) => {
      const workload = selectedBy(objects, service)[0];
      return (service.spec?.ports ?? []).flatMap((port) => {
        const target = workload && portsOf(workload).find(({ name }) => name === port.targetPort);
        return unmet(`${nameOf(service)}, port ${port.port}`, [
          ['must have a name', Boolean(port.name)],
          [`targetPort ${port.targetPort} must be the name of a port of its pods`, target !== undefined],
          ['must have the protocol of that port', target === undefined || target.protocol === port.protocol],
        ]);
      });
    }),
    ...ofKind(objects, 'NetworkPolicy').flatMap((policy) => {
      const workload = workloadsOf(objects).find((one) =>
        matches(policy.spec?.podSelector, podLabelsOf(one)),
      );
      const rules = policy.spec?.ingress?.flatMap(({ ports = [] }) => ports) ?? [];
      return unmet(
        nameOf(policy),
        rules.map(
          ({ port, protocol }): Demand => [
            `${port} over ${protocol} must be a port of its pods`,
            workload !== undefined &&
              portsOf(workload).some((one) => one.name === port && one.protocol === protocol),
          ],
        ),
      );
    }),
  ],
};

const denied: Policy = {
  name: 'deny what no NetworkPolicy names',
  problems: (objects) =>
    workloadsOf(objects).flatMap((workload) => {
      const admin = portNamed(workload, ADMIN);
      const isProbe = isOfComponent(workload, 'probe');
      return unmet(nameOf(workload), [
        ['a NetworkPolicy must hold for what comes in', policiesOf(objects, workload, 'Ingress').length > 0],
        ['a NetworkPolicy must hold for what goes out', policiesOf(objects, workload, 'Egress').length > 0],
        [
          'the admin port must be closed to other namespaces',
          !letsIn(objects, strangerIn('elsewhere'), workload, admin),
        ],
        ['the admin port must be closed to the outside', !letsIn(objects, outside, workload, admin)],
        ['a target must open no connections', isProbe || !letsOut(objects, workload, outside, DNS)],
      ]);
    }),
};

const through: Policy = {
  name: 'let Prometheus, probes and clients through',
  problems: (objects) =>
    workloadsOf(objects).flatMap((workload) => {
      const prometheus = strangerIn(MONITORING);
      const clients = workloadsOf(objects).filter((one) => isOfComponent(one, 'probe'));
      const served = isOfComponent(workload, 'probe')
        ? []
        : portsOf(workload).filter(({ name }) => name !== ADMIN);
      return unmet(nameOf(workload), [
        [
          'Prometheus must reach the admin port',
          letsIn(objects, prometheus, workload, portNamed(workload, ADMIN)),
        ],
        ...served.flatMap((port): Demand[] => [
          [`clients from outside must reach ${port.name}`, letsIn(objects, outside, workload, port)],
          ...clients.map(
            (probe): Demand => [
              `${nameOf(probe)} must reach ${port.name}`,
              letsOut(objects, probe, endOf(workload), port) && letsIn(objects, endOf(probe), workload, port),
            ],
          ),
        ]),
        ...(isOfComponent(workload, 'probe')
          ? ([
              ['it must reach names and targets outside', letsOut(objects, workload, outside, DNS)],
              [
                'its namespace must see its page',
                letsIn(objects, endOf(workload), workload, portNamed(workload, ADMIN)),
              ],
            ] satisfies Demand[])
          : []),
      ]);
    }),
};

/** Because a Service for clients may become a LoadBalancer. */
const apart: Policy = {
  name: 'keep health and metrics of targets off the Services for clients',
  problems: (objects) =>
    ofKind(objects, 'Service')
      .filter(({ spec }) => spec?.clusterIP !== 'None')
      .filter((service) => selectedBy(objects, service).every((one) => isOfComponent(one, 'target')))
      .flatMap((service) =>
        unmet(nameOf(service), [
          [
            'must not have the port admin',
            !service.spec?.ports?.some(({ targetPort }) => targetPort === ADMIN),
          ],
        ]),
      ),
};

export const networkPolicies: readonly Policy[] = [named, denied, through, apart];

export function portsOf(workload: Workload): IContainerPort[] {
  return podOf(workload).containers.flatMap(({ ports = [] }) => ports);
}

export function selectedBy(objects: readonly KubernetesObject[], { metadata, spec }: IService): Workload[] {
  const selector = spec?.selector && { matchLabels: spec.selector };
  return workloadsOf(objects).filter(
    (workload) =>
      metadata?.namespace === workload.metadata?.namespace && matches(selector, podLabelsOf(workload)),
  );
}

function portNamed(workload: Workload, name: string): IContainerPort {
  return portsOf(workload).find((port) => port.name === name) ?? { containerPort: 0, protocol: 'TCP' };
}

function isOfComponent(workload: Workload, component: string): boolean {
  return podLabelsOf(workload)['app.kubernetes.io/component'] === component;
}
