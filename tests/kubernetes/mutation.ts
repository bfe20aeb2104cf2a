import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IContainer, IPodSpec } from 'kubernetes-models/v1';
import { type Kind, type KubernetesObject, nameOf, type ObjectOf, ofKind, podOf } from './objects.ts';

/** A mistake in the objects of an overlay, and the policy that has to report it. */
export interface Mutation {
  readonly mistake: string;
  /** By default `production`. */
  readonly overlay?: string;
  /** Name of the policy. */
  readonly policy: string;
  readonly mutate: (objects: KubernetesObject[]) => void;
}

type Mutate = Mutation['mutate'];

export function forPolicy(
  policy: string,
  mistakes: Readonly<Record<string, Mutate>>,
  overlay?: string,
): Mutation[] {
  return Object.entries(mistakes).map(([mistake, mutate]) => ({
    mistake,
    policy,
    mutate,
    ...(overlay && { overlay }),
  }));
}

export function inEvery<K extends Kind>(kind: K, mutate: (object: ObjectOf<K>) => unknown): Mutate {
  return (objects) => {
    for (const object of ofKind(objects, kind)) mutate(object);
  };
}

export function inDeployment(mutate: (deployment: IDeployment) => unknown, name = 'echo'): Mutate {
  return (objects) => {
    const deployment = ofKind(objects, 'Deployment').find(({ metadata }) => metadata?.name === name);
    mutate(deployment!);
  };
}

export function inPod(mutate: (pod: IPodSpec) => unknown): Mutate {
  return inDeployment((deployment) => mutate(podOf(deployment)));
}

export function inContainer(mutate: (container: IContainer) => unknown): Mutate {
  return inPod(({ containers }) => mutate(containers[0]!));
}

export function inProbe(mutate: (container: IContainer) => unknown): Mutate {
  return inDeployment((deployment) => mutate(podOf(deployment).containers[0]!), 'load-probe');
}

export function expects(...jobs: readonly string[]): Mutate {
  const rules = jobs.map((job) => ({ record: 'l4:service_expected', expr: 'vector(1)', labels: { job } }));
  return (objects) => {
    for (const rule of ofKind(objects, 'PrometheusRule')) remove(objects, nameOf(rule));
    objects.push({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'expected' },
      spec: { groups: [{ name: 'expected', rules }] },
    });
  };
}

export function remove(objects: KubernetesObject[], name: string): void {
  const index = objects.findIndex((object) => nameOf(object) === name);
  if (index < 0) throw new Error(`there is no ${name}`);
  objects.splice(index, 1);
}
