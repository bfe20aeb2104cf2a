import type { IContainer } from 'kubernetes-models/v1';
import { containersOf, type KubernetesObject, nameOf, type Workload, workloadsOf } from './objects.ts';

/** A requirement for the objects of every overlay. */
export interface Policy {
  /** As it completes "should …". */
  readonly name: string;
  /** A sentence for each violation, with its object; none when the policy is met. */
  readonly problems: (objects: readonly KubernetesObject[]) => string[];
}

/** A requirement and whether it is met. */
export type Demand = readonly [demand: string, isMet: boolean];

export function unmet(subject: string, demands: readonly Demand[]): string[] {
  return demands.filter(([, isMet]) => !isMet).map(([demand]) => `${subject}: ${demand}`);
}

/** A policy on each pod by itself. */
export function ofPods(name: string, demands: (workload: Workload) => readonly Demand[]): Policy {
  return {
    name,
    problems: (objects) =>
      workloadsOf(objects).flatMap((workload) => unmet(nameOf(workload), demands(workload))),
  };
}

/** A policy on each container by itself. */
export function ofContainers(
  name: string,
  demands: (container: IContainer, workload: Workload) => readonly Demand[],
): Policy {
  return {
    name,
    problems: (objects) =>
      workloadsOf(objects).flatMap((workload) =>
        containersOf(workload).flatMap((container) =>
          unmet(`${nameOf(workload)}, container ${container.name}`, demands(container, workload)),
        ),
      ),
  };
}
