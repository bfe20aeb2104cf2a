import { isDeepStrictEqual } from 'node:util';
import type { CounterSource, SharedMetrics, Supervisor } from '@echo-daytime/runtime';
import { CounterBlock } from '@echo-daytime/worker';
import type { Target } from '../targets/target.ts';
import { declareTargetCounters, initializeTargetCounters } from './metrics.ts';
import type { StatusStore } from './status/store.ts';

/** A target that a worker is to probe. */
export interface Assignment {
  readonly number: number;
  readonly target: Target;
  /** The place among the targets that start together. */
  readonly index: number;
  readonly of: number;
  /** Memory of the target's own CounterBlock. */
  readonly counters: SharedArrayBuffer;
}

/** Tells a worker which targets to leave, by their numbers, and which to begin with. */
export interface AssignmentChange {
  readonly remove: readonly number[];
  readonly add: readonly Assignment[];
}

interface Member {
  readonly assignment: Assignment;
  readonly worker: number;
  readonly source: CounterSource;
}

/** Ids of the targets that a change has touched, and how many it has not. */
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
  readonly store: StatusStore;
}

/**
 * The targets that are being probed, shared out among the workers. A target that stays the same through a change is
 * not touched: its schedule, its flow, its counters and its history go on.
 */
export class Assignments {
  readonly #options: AssignmentsOptions;
  #members: ReadonlyMap<string, Member> = new Map();
  #nextNumber = 0;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
    options.supervisor.on('started', (worker) => {
      const add = [...this.#members.values()]
        .filter((member) => member.worker === worker)
        .map(({ assignment }) => assignment);
      if (add.length > 0) options.supervisor.send(worker, { remove: [], add } satisfies AssignmentChange);
    });
  }

  /** From now on exactly these targets are probed. */
  set(targets: readonly Target[]): TargetsChange {
    const { metrics, store, supervisor, workers } = this.#options;
    const before = this.#members;
    const members = new Map<string, Member>();
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
      store.remove(assignment.number);
    }
    const fresh = targets.filter(({ id }) => !members.has(id));
    for (const [index, target] of fresh.entries()) {
      const member = this.#assign(target, { index, of: fresh.length }, leastBusy(workers, members.values()));
      members.set(target.id, member);
      metrics.add(member.source);
      store.add(member.assignment.number, target);
    }
    this.#members = members;
    store.arrange(targets.map(({ id }) => members.get(id)!.assignment.number));

    const freshMembers = fresh.map(({ id }) => members.get(id)!);
    for (let worker = 0; worker < workers; worker += 1) {
      const isIts = (member: Member): boolean => member.worker === worker;
      const remove = gone.filter(isIts).map(({ assignment }) => assignment.number);
      const add = freshMembers.filter(isIts).map(({ assignment }) => assignment);
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

  #assign(target: Target, place: { readonly index: number; readonly of: number }, worker: number): Member {
    const layout = new CounterBlock();
    declareTargetCounters(layout, target);
    const counters = new SharedArrayBuffer(layout.byteLength);
    initializeTargetCounters(declareTargetCounters(new CounterBlock(counters), target));
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const source = { families: layout.families, memories: [counters] };
    return { assignment: { number, target, ...place, counters }, worker, source };
  }
}

/** Whether the worker would do the same for both: an SLO is the business of the control plane alone. */
function isSameProbing(one: Target, other: Target): boolean {
  const { slo: _, ...probed } = one;
  const { slo: __, ...wanted } = other;
  return isDeepStrictEqual(probed, wanted);
}

function leastBusy(workers: number, members: Iterable<Member>): number {
  const loads = Array.from({ length: workers }, () => 0);
  for (const { worker } of members) loads[worker]! += 1;
  return loads.indexOf(Math.min(...loads));
}
