import { type FaultName, type FaultSet, SharedFaults } from '@echo-daytime/worker';
import { Gauge, type Registry } from 'prom-client';
import { faultsOf, type ListenerProtocol } from './read-faults.ts';

/** Listeners of a service, by name. */
export type Listeners = Readonly<Record<string, ListenerProtocol>>;

interface FaultyListener {
  readonly protocol: ListenerProtocol;
  readonly shared: SharedFaults;
  set: FaultSet;
}

/** The faults of each listener: the control plane's side of SharedFaults. */
export class FaultControl {
  /** For the workers, by listener. */
  readonly memories: Readonly<Record<string, SharedArrayBuffer>>;
  readonly #listeners: ReadonlyMap<string, FaultyListener>;

  constructor(listeners: Listeners) {
    const names = Object.keys(listeners);
    this.memories = Object.fromEntries(names.map((name) => [name, SharedFaults.memory()]));
    this.#listeners = new Map(
      Object.entries(listeners).map(([name, protocol]) => [
        name,
        { protocol, shared: new SharedFaults(this.memories[name]!), set: {} },
      ]),
    );
  }

  get names(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** The protocol of a listener; undefined when there is no such listener. */
  protocolOf(listener: string): ListenerProtocol | undefined {
    return this.#listeners.get(listener)?.protocol;
  }

  get(listener: string): FaultSet {
    return this.#listeners.get(listener)?.set ?? {};
  }

  /** Replaces all faults of a listener, from its next reply on. */
  set(listener: string, faults: FaultSet): void {
    const found = this.#listeners.get(listener);
    if (!found) return;
    found.set = faults;
    found.shared.write(faults);
  }
}

/** Shows which faults are active: 0 for every listener without any. */
export function openFaultMetrics(
  registry: Registry,
  listeners: Listeners,
  control: FaultControl | undefined,
): void {
  if (Object.keys(listeners).length === 0) return;
  new Gauge({
    name: 'l4_fault_active',
    help: '1 while the fault is injected at the listener, else 0.',
    labelNames: ['listener', 'fault'],
    registers: [registry],
    collect() {
      for (const [listener, protocol] of Object.entries(listeners)) {
        const active = control?.get(listener) ?? {};
        for (const fault of faultsOf(protocol)) this.set({ listener, fault }, isActive(active, fault));
      }
    },
  });
}

function isActive(faults: FaultSet, name: FaultName): number {
  return faults[name] === undefined ? 0 : 1;
}
