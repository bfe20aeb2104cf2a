import type { INetworkPolicy, INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1';
import type { IContainerPort } from 'kubernetes-models/v1';
import {
  type KubernetesObject,
  type Labels,
  matches,
  ofKind,
  podLabelsOf,
  podOf,
  type Workload,
} from './objects.ts';

/** One end of a connection: a pod, or a host outside of the cluster. */
export type End =
  | { readonly is: 'pod'; readonly namespace: Labels; readonly labels: Labels }
  | { readonly is: 'outside' };

/** Every namespace has its name as this label, says the documentation of Kubernetes. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export const outside: End = { is: 'outside' };

/** A pod of a workload of the manifests. */
export function endOf(workload: Workload): End {
  return { is: 'pod', namespace: namespaceOf(workload), labels: podLabelsOf(workload) };
}

/** Any pod of some namespace. */
export function strangerIn(namespace: string): End {
  return { is: 'pod', namespace: { [NAMESPACE_NAME]: namespace }, labels: {} };
}

/** Whether the policies let a connection or datagram in to a port of a workload; answers pass with it. */
export function letsIn(
  objects: readonly KubernetesObject[],
  from: End,
  to: Workload,
  port: IContainerPort,
): boolean {
  const policies = policiesOf(objects, to, 'Ingress');
  if (policies.length === 0) return true;
  return policies.some((policy) =>
    (policy.spec?.ingress ?? []).some((rule) => isPeer(rule.from, from, to) && isPort(rule.ports, port, to)),
  );
}

/** Whether the policies let a workload connect or send to a port elsewhere, given by its number. */
export function letsOut(
  objects: readonly KubernetesObject[],
  from: Workload,
  to: End,
  port: IContainerPort,
): boolean {
  const policies = policiesOf(objects, from, 'Egress');
  if (policies.length === 0) return true;
  return policies.some((policy) =>
    (policy.spec?.egress ?? []).some((rule) => isPeer(rule.to, to, from) && isPort(rule.ports, port, from)),
  );
}

/** The policies that deny a workload's pods whatever they don't name. */
export function policiesOf(
  objects: readonly KubernetesObject[],
  workload: Workload,
  direction: 'Ingress' | 'Egress',
): INetworkPolicy[] {
  return ofKind(objects, 'NetworkPolicy').filter(
    ({ metadata, spec }) =>
      metadata?.namespace === workload.metadata?.namespace &&
      matches(spec?.podSelector, podLabelsOf(workload)) &&
      spec?.policyTypes?.includes(direction),
  );
}

/** No list of peers stands for everybody. */
function isPeer(peers: readonly INetworkPolicyPeer[] | undefined, end: End, home: Workload): boolean {
  if (!peers || peers.length === 0) return true;
  return peers.some(({ namespaceSelector, podSelector, ipBlock }) => {
    if (ipBlock) throw new Error('peers by ipBlock are not understood here');
    if (end.is === 'outside') return false;
    const inNamespace = namespaceSelector
      ? matches(namespaceSelector, end.namespace)
      : end.namespace[NAMESPACE_NAME] === home.metadata?.namespace;
    return inNamespace && (podSelector ? matches(podSelector, end.labels) : true);
  });
}

type PolicyPorts = NonNullable<NonNullable<NonNullable<INetworkPolicy['spec']>['ingress']>[number]['ports']>;

/** No list of ports stands for all of them. A name is that of a port of the pod, with its protocol. */
function isPort(ports: Readonly<PolicyPorts> | undefined, port: IContainerPort, home: Workload): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some((allowed) => {
    if ((allowed.protocol ?? 'TCP') !== (port.protocol ?? 'TCP')) return false;
    if (allowed.port === undefined) return true;
    const named = podOf(home).containers.flatMap((container) => container.ports ?? []);
    const number =
      typeof allowed.port === 'number'
        ? allowed.port
        : named.find(({ name, protocol }) => name === allowed.port && protocol === port.protocol)
            ?.containerPort;
    return number === port.containerPort;
  });
}

function namespaceOf(workload: Workload): Labels {
  return { [NAMESPACE_NAME]: workload.metadata?.namespace ?? 'default' };
}
