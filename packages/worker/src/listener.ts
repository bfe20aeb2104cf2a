import type { CounterBlock } from './counters.ts';

/** A listener as both planes know it. */
export interface ListenerSpec {
  readonly protocol: 'tcp' | 'udp';
  /** The configuration key of its port. */
  readonly port: string;
  /** The configuration key that switches it off: an on/off key, or that of its port with 0. Without, it is always on. */
  readonly switch?: string;
  /** Declares all that it counts; the name is the value of the label `listener`. */
  declareCounters(block: CounterBlock, name: string): unknown;
}

/** The listeners of a service, by their names: in metrics, logs and the fault API. */
export type ListenerSpecs = Readonly<Record<string, ListenerSpec>>;

type Values = Readonly<Record<string, unknown>>;

/** Whether a configuration asks for the listener. */
export function isOn(spec: ListenerSpec, config: object): boolean {
  return spec.switch === undefined || Boolean((config as Values)[spec.switch]);
}

/** The port that a configuration gives the listener. */
export function portOf({ port }: Pick<ListenerSpec, 'port'>, config: object): number {
  return Number((config as Values)[port]);
}

/** Declares the counters of every listener, on or off: the layout of a block does not depend on the configuration. */
export function declareListeners<Specs extends ListenerSpecs>(
  listeners: Specs,
  block: CounterBlock,
): { readonly [Name in keyof Specs]: ReturnType<Specs[Name]['declareCounters']> } {
  const declared = Object.entries(listeners).map(([name, spec]) => [name, spec.declareCounters(block, name)]);
  return Object.fromEntries(declared);
}

/** `maxConnections` → `MAX_CONNECTIONS` */
export function variableOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
