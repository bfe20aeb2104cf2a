import { isDeepStrictEqual } from 'node:util';
import type { CounterSource, SharedMetrics, Supervisor } from '@echo-daytime/runtime';
import { CounterBlock } from '@echo-daytime/worker';
import type { Target } from '../targets/target.ts';
import { declareTargetCounters, initializeTargetCounters, targetLabels } from './metrics.ts';
import { kindOf, type MetricsDetail } from './metrics-detail.ts';
import type { ResponseMetrics } from './response-metrics.ts';
import type { StatusStore } from './status/store.ts';

/** A target and the data with which a worker probes it. */
export interface Assignment {
  readonly number: number;
  readonly target: Target;
  /** Which of the targets that start together this is, so that their first samples are spread out. */
  readonly index: number;
  readonly of: number;
  /** Memory of the target's own CounterBlock. */
  readonly counters: SharedArrayBuffer;
}

/** A message to a worker: the numbers of targets to stop probing, and targets to start probing. */
export interface AssignmentChange {
  readonly remove: readonly number[];
  readonly add: readonly Assignment[];
}

interface AssignedTarget {
  readonly assignment: Assignment;
  readonly worker: number;
  readonly source: CounterSource;
}

/** The ids of the targets that a change affected, and how many targets stayed the same. */
export interface TargetsChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly kept: number;
}

export interface AssignmentsOptions {
  readonly workers: number;
  readonly supervisor: Pick<Supervisor, 'send' | 'on'>;
  readonly metrics: Pick<SharedMetrics, 'add' | 'remove'>;
  readonly metricsDetail: MetricsDetail;
  readonly hasTcpInfo: boolean;
  readonly responses: Pick<ResponseMetrics, 'add' | 'remove'>;
  readonly store: StatusStore;
}

/**
 * The targets that are probed, divided among the workers. A change does not affect targets that stay the same: their
 * schedule, flow, counters and history go on.
 */
export class Assignments {
  readonly #options: AssignmentsOptions;
  #assigned: ReadonlyMap<string, AssignedTarget> = new Map();
  readonly #layouts = new Map<string, CounterBlock>();
  #nextNumber = 0;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
    options.supervisor.on('started', (worker) => {
      const add = [...this.#assigned.values()]
        .filter((member) => member.worker === worker)
        .map(({ assignment }) => assignment);
      if (add.length > 0) options.supervisor.send(worker, { remove: [], add } satisfies AssignmentChange);
    });
  }

  /** Probes exactly these targets from now on. */
  set(targets: readonly Target[]): TargetsChange {
    const { metrics, responses, store, supervisor, workers } = this.#options;
    const before = this.#assigned;
    const members = new Map<string, AssignedTarget>();
    for (const target of targets) {
      const member = before.get(target.id);
      if (member && isSameProbing(member.assignment.target, target)) {
        members.set(target.id, { ...member, assignment: { ...member.assignment, target } });
        store.update(member.assignment.number, target);
      }
    }
    const gone = [...before].filter(([id]) => !members.has(id)).map(([, member]) => member);
    for (const { assignment, source } of gone) {
      metrics.remove(source);
      responses.remove(assignment.number);
      store.remove(assignment.number);
    }
    const fresh = targets.filter(({ id }) => !members.has(id));
    const places = fresh.map((target, index) => ({ target, index }));
    // A control comes first: what it proves is probed by the same worker.
    for (const { index, target } of places.sort((one, other) => rankOf(one.target) - rankOf(other.target))) {
      const control = target.provenBy && members.get(target.provenBy.id);
      const worker = control?.worker ?? leastBusy(workers, members.values());
      const member = this.#assign(target, { index, of: fresh.length }, worker);
      members.set(target.id, member);
      metrics.add(member.source);
      responses.add(member.assignment.number, target);
      store.add(member.assignment.number, target);
    }
    this.#assigned = members;
    store.arrange(targets.map(({ id }) => members.get(id)!.assignment.number));

    const freshMembers = fresh.map(({ id }) => members.get(id)!);
    for (let worker = 0; worker < workers; worker += 1) {
      const isOfWorker = (member: AssignedTarget): boolean => member.worker === worker;
      const remove = gone.filter(isOfWorker).map(({ assignment }) => assignment.number);
      const add = freshMembers.filter(isOfWorker).map(({ assignment }) => assignment);
      if (remove.length + add.length > 0) {
        supervisor.send(worker, { remove, add } satisfies AssignmentChange);
      }
    }
    const ids = new Set(fresh.map(({ id }) => id));
    return {
      added: [...ids].filter((id) => !before.has(id)),
      changed: [...ids].filter((id) => before.has(id)),
      removed: [...before.keys()].filter((id) => !members.has(id)),
      kept: targets.length - fresh.length,
    };
  }

  #assign(
    target: Target,
    place: { readonly index: number; readonly of: number },
    worker: number,
  ): AssignedTarget {
    const { hasTcpInfo, metricsDetail } = this.#options;
    const layout = this.#layoutOf(target);
    const counters = new SharedArrayBuffer(layout.byteLength);
    initializeTargetCounters(
      declareTargetCounters(new CounterBlock(counters), target, metricsDetail, hasTcpInfo),
    );
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const source = { labels: targetLabels(target), families: layout.families, memories: [counters] };
    return { assignment: { number, target, ...place, counters }, worker, source };
  }

  /** Targets of one kind share their layout, so that a scrape works out the texts of a series once for all of them. */
  #layoutOf(target: Target): CounterBlock {
    const kind = kindOf(target);
    const known = this.#layouts.get(kind);
    if (known) return known;
    const { hasTcpInfo, metricsDetail } = this.#options;
    const layout = new CounterBlock();
    declareTargetCounters(layout, target, metricsDetail, hasTcpInfo);
    this.#layouts.set(kind, layout);
    return layout;
  }
}

/** Whether a worker would probe both in the same way: only the control plane uses the SLO. */
function isSameProbing(one: Target, other: Target): boolean {
  const { slo: _, ...probed } = one;
  const { slo: __, ...wanted } = other;
  return isDeepStrictEqual(probed, wanted);
}

function rankOf({ provenBy }: Target): number {
  return provenBy ? 1 : 0;
}

function leastBusy(workers: number, members: Iterable<AssignedTarget>): number {
  const loads = Array.from({ length: workers }, () => 0);
  for (const { worker } of members) loads[worker]! += 1;
  return loads.indexOf(Math.min(...loads));
}
