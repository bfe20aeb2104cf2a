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

/** Kubernetes gives every namespace this label with its name. */
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

/** Whether the policies allow a connection or datagram to a port of a workload; replies are then allowed too. */
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

/** Whether the policies allow a workload to connect or send to the number of a port elsewhere. */
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

/** The policies of a workload's pods. They deny everything that they don't name. */
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

/** Without a list of peers, everyone is a peer. */
function isPeer(peers: readonly INetworkPolicyPeer[] | undefined, end: End, own: Workload): boolean {
  if (!peers || peers.length === 0) return true;
  return peers.some(({ namespaceSelector, podSelector, ipBlock }) => {
    if (ipBlock) throw new Error('peers by ipBlock are not understood here');
    if (end.is === 'outside') return false;
    const inNamespace = namespaceSelector
      ? matches(namespaceSelector, end.namespace)
      : end.namespace[NAMESPACE_NAME] === own.metadata?.namespace;
    return inNamespace && (podSelector ? matches(podSelector, end.labels) : true);
  });
}

type PolicyPorts = NonNullable<NonNullable<NonNullable<INetworkPolicy['spec']>['ingress']>[number]['ports']>;

/** Without a list of ports, all ports match. A name means a port of the pod, with its protocol. */
function isPort(ports: Readonly<PolicyPorts> | undefined, port: IContainerPort, own: Workload): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some((allowed) => {
    if ((allowed.protocol ?? 'TCP') !== (port.protocol ?? 'TCP')) return false;
    if (allowed.port === undefined) return true;
    const named = podOf(own).containers.flatMap((container) => container.ports ?? []);
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
