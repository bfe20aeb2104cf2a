import type {
  IPrometheusRule,
  IServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { IDaemonSet, IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type {
  IConfigMap,
  IContainer,
  INamespace,
  IPodSpec,
  IService,
  IServiceAccount,
} from 'kubernetes-models/v1';

/** Every kind of object that the manifests have. */
export type KubernetesObject =
  | IConfigMap
  | IDaemonSet
  | IDeployment
  | IHorizontalPodAutoscaler
  | INamespace
  | INetworkPolicy
  | IPodDisruptionBudget
  | IPrometheusRule
  | IService
  | IServiceAccount
  | IServiceMonitor;

export type Kind = KubernetesObject['kind'];
export type ObjectOf<K extends Kind> = Extract<KubernetesObject, { kind: K }>;
export type Workload = IDaemonSet | IDeployment;
export type Labels = Readonly<Record<string, string>>;

/** The manifests select by labels only. A selector with expressions is not supported and throws. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly unknown[];
}

export function ofKind<K extends Kind>(objects: readonly KubernetesObject[], kind: K): ObjectOf<K>[] {
  return objects.filter((object): object is ObjectOf<K> => object.kind === kind);
}

export function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  return [...ofKind(objects, 'Deployment'), ...ofKind(objects, 'DaemonSet')];
}

/** `Deployment echo` */
export function nameOf(object: KubernetesObject): string {
  return `${object.kind} ${object.metadata?.name}`;
}

/** @throws Error when the workload has no pod */
export function podOf(workload: Workload): IPodSpec {
  const pod = workload.spec?.template.spec;
  if (!pod) throw new Error(`${nameOf(workload)} has no pod`);
  return pod;
}

/** All containers of a pod. */
export function containersOf(workload: Workload): IContainer[] {
  const { containers, initContainers = [] } = podOf(workload);
  return [...initContainers, ...containers];
}

export function podLabelsOf(workload: Workload): Labels {
  return workload.spec?.template.metadata?.labels ?? {};
}

/** An empty selector matches everything; a missing selector matches nothing. */
export function matches(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  if (selector.matchExpressions) throw new Error('selectors with matchExpressions are not understood here');
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}
