import type { DialogSettings } from '../payload/dialog.ts';
import type { Flow, FlowChoice } from './flow.ts';
import type { Protocol } from './protocol.ts';

/** Whether a target stands for every address of its host, looked up again and again. */
export const discoverChoices = ['off', 'dns'] as const;
export type DiscoverChoice = (typeof discoverChoices)[number];

/** What is probed and how: one series of samples. */
export interface Target {
  /** Unique among series: the name, then ` @ ADDRESS` of a peer, then ` (sticky)` for the sticky one of two. */
  readonly id: string;
  /** The URL where none was given. Unique but for the flows and the peers of one target. */
  readonly name: string;
  /** As given, without the query. */
  readonly url: string;
  readonly protocol: Protocol;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly flow: Flow;
  readonly intervalMs: number;
  /** From a sample's due time on. */
  readonly timeoutMs: number;
  /** Bytes of an echo's payload; other targets have no use for it. */
  readonly sizeBytes: number;
  /** Of dialog targets. */
  readonly dialog?: DialogSettings;
  readonly slo?: Slo;
  /** Each address of the host is to be probed as a peer of its own, in place of this target. */
  readonly discover?: 'dns';
  /** Of a peer: the address that was discovered, which is its host too. */
  readonly peer?: string;
}

/** What a target promises over the window of its status; at least one of the two. */
export interface Slo {
  /** Share of samples that may be lost, 0 to 1. */
  readonly maxLossRatio?: number;
  readonly maxP99Ms?: number;
}

/** What a target may leave to the configuration. */
export type TargetSettings = Pick<Target, 'intervalMs' | 'timeoutMs' | 'sizeBytes'>;

/** A target as it was written down. */
export type TargetSpec = Omit<Target, 'id' | 'flow' | 'discover' | 'peer' | keyof TargetSettings> &
  Partial<TargetSettings> & { readonly flow?: FlowChoice; readonly discover?: DiscoverChoice };

/** The settings of targets that have none of their own. */
export interface CommonSettings {
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly size: number;
}

/** What a configuration says about targets. */
export interface TargetConfig extends CommonSettings {
  readonly targets: readonly TargetSpec[];
}

/** The series to probe, with all their settings: two for a target with both flows. */
export function targetsOf({ targets, ...settings }: TargetConfig): Target[] {
  return targets.flatMap((spec) => seriesOf(spec, settings));
}

/** The series of one target. */
export function seriesOf(spec: TargetSpec, settings: CommonSettings): Target[] {
  const { interval: intervalMs, timeout: timeoutMs, size: sizeBytes } = settings;
  const { flow = 'fresh', discover, ...rest } = spec;
  const common = { intervalMs, timeoutMs, sizeBytes, ...rest, ...(discover === 'dns' && { discover }) };
  if (flow !== 'both') return [{ ...common, id: spec.name, flow }];
  return [
    { ...common, id: spec.name, flow: 'fresh' },
    { ...common, id: stickyIdOf(spec.name), flow: 'sticky' },
  ];
}

/** Id of the sticky one of two series. */
export function stickyIdOf(name: string): string {
  return `${name} (sticky)`;
}

/** `127.0.0.1:7007`, `[::1]:7007` */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
