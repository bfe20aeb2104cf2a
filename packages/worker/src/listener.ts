import type { CounterBlock } from './counters.ts';

/** The part of a listener that both planes need. */
export interface ListenerSpec {
  readonly protocol: 'tcp' | 'udp';
  /** The configuration key of its port. */
  readonly port: string;
  /** The key that switches the listener off: an on/off key, or the port's key with 0. Without it, always on. */
  readonly switch?: string;
  /** Declares all its counters. @param name value of the label `listener` */
  declareCounters(block: CounterBlock, name: string): unknown;
}

/** The listeners of a service, by the names that metrics, logs and the fault API use. */
export type ListenerSpecs = Readonly<Record<string, ListenerSpec>>;

type Values = Readonly<Record<string, unknown>>;

/** Whether the configuration switches the listener on. */
export function isOn(spec: ListenerSpec, config: object): boolean {
  return spec.switch === undefined || Boolean((config as Values)[spec.switch]);
}

/** The port of the listener in this configuration. */
export function portOf({ port }: Pick<ListenerSpec, 'port'>, config: object): number {
  return Number((config as Values)[port]);
}

/** Declares the counters of every listener, on or off, so that the layout does not depend on the configuration. */
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
