import { isDeepStrictEqual } from 'node:util';
import type { CounterSource, SharedMetrics, Supervisor } from '@echo-daytime/runtime';
import { CounterBlock } from '@echo-daytime/worker';
import type { Target } from '../targets/target.ts';
import { declareTargetCounters, initializeTargetCounters } from './metrics.ts';
import type { StatusBoard } from './status/store.ts';

/** A target for a worker to probe. */
export interface TargetOrder {
  readonly number: number;
  readonly target: Target;
  /** The place among the targets that start together. */
  readonly index: number;
  readonly of: number;
  /** Memory of the target's own CounterBlock. */
  readonly counters: SharedArrayBuffer;
}

/** What a worker is told: to leave off the one, to begin with the other. */
export interface TargetOrders {
  readonly remove: readonly number[];
  readonly add: readonly TargetOrder[];
}

interface Member {
  readonly order: TargetOrder;
  readonly worker: number;
  readonly source: CounterSource;
}

/** Ids of the targets that a change has touched, and how many it has not. */
export interface RosterChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly kept: number;
}

export interface RosterOptions {
  readonly workers: number;
  readonly supervisor: Pick<Supervisor, 'send' | 'on'>;
  readonly metrics: Pick<SharedMetrics, 'add' | 'remove'>;
  readonly board: StatusBoard;
}

/**
 * The targets that are being probed, shared out among the workers. A target that stays the same through a change is
 * not touched: its schedule, its flow, its counters and its history go on.
 */
export class TargetRoster {
  readonly #options: RosterOptions;
  #members: ReadonlyMap<string, Member> = new Map();
  #nextNumber = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
    options.supervisor.on('started', (worker) => {
      const add = [...this.#members.values()]
        .filter((member) => member.worker === worker)
        .map(({ order }) => order);
      if (add.length > 0) options.supervisor.send(worker, { remove: [], add } satisfies TargetOrders);
    });
  }

  /** Has exactly these targets be probed from now on. */
  set(targets: readonly Target[]): RosterChange {
    const { board, metrics, supervisor, workers } = this.#options;
    const before = this.#members;
    const members = new Map<string, Member>();
    for (const target of targets) {
      const member = before.get(target.id);
      if (member && isSameProbing(member.order.target, target)) {
        members.set(target.id, { ...member, order: { ...member.order, target } });
        board.update(member.order.number, target);
      }
    }
    const gone = [...before].filter(([id]) => !members.has(id)).map(([, member]) => member);
    for (const { order, source } of gone) {
      metrics.remove(source);
      board.remove(order.number);
    }
    const fresh = targets.filter(({ id }) => !members.has(id));
    for (const [index, target] of fresh.entries()) {
      const member = this.#enrol(target, { index, of: fresh.length }, leastBusy(workers, members.values()));
      members.set(target.id, member);
      metrics.add(member.source);
      board.add(member.order.number, target);
    }
    this.#members = members;
    board.arrange(targets.map(({ id }) => members.get(id)!.order.number));

    const freshMembers = fresh.map(({ id }) => members.get(id)!);
    for (let worker = 0; worker < workers; worker += 1) {
      const isIts = (member: Member): boolean => member.worker === worker;
      const remove = gone.filter(isIts).map(({ order }) => order.number);
      const add = freshMembers.filter(isIts).map(({ order }) => order);
      if (remove.length + add.length > 0) {
        supervisor.send(worker, { remove, add } satisfies TargetOrders);
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

  #enrol(target: Target, place: { readonly index: number; readonly of: number }, worker: number): Member {
    const layout = new CounterBlock();
    declareTargetCounters(layout, target);
    const counters = new SharedArrayBuffer(layout.byteLength);
    initializeTargetCounters(declareTargetCounters(new CounterBlock(counters), target));
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const source = { families: layout.families, memories: [counters] };
    return { order: { number, target, ...place, counters }, worker, source };
  }
}

/** Whether nothing changes but what the control plane alone has to do with. */
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
