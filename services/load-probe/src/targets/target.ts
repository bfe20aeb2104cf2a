import type { DialogSettings } from '../payload/dialog.ts';
import { STAMP_BYTES } from '../payload/stamp-packet.ts';
import { withControls } from './control.ts';
import type { Flow, FlowChoice } from './flow.ts';
import type { Protocol } from './protocol.ts';

/** `dns`: every address of the host is a target, and the host is looked up regularly. */
export const discoverChoices = ['off', 'dns'] as const;
export type DiscoverChoice = (typeof discoverChoices)[number];

/** One series of samples: what is probed, and how. */
export interface Target {
  /** Unique among series: the name, then ` @ ADDRESS` of a peer, then ` (sticky)` for the sticky one of two. */
  readonly id: string;
  /** The URL where no name was given. Unique, except that the flows and peers of a target share its name. */
  readonly name: string;
  /** As given, without the query. */
  readonly url: string;
  readonly protocol: Protocol;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly flow: Flow;
  readonly intervalMs: number;
  /** Counted from the due time of a sample. */
  readonly timeoutMs: number;
  /** Payload bytes; for echo and STAMP targets only. */
  readonly sizeBytes: number;
  /** Dialog targets only. */
  readonly dialog?: DialogSettings;
  /** The mark of every packet of the samples, differentiated services (RFC 2474). */
  readonly dscp?: number;
  /** Session targets: each connection is asked for its SYN as it was received. */
  readonly syn?: boolean;
  /** Who answers is asked for: on each fresh connection of a session, in each packet of STAMP. */
  readonly who?: boolean;
  readonly slo?: Slo;
  /** No sample may get through, not even in part. */
  readonly expect?: 'blocked';
  /** The name of its control, where it was given. */
  readonly control?: string;
  /** Targets that must be blocked: the series that has to pass meanwhile; absent where there is none that can. */
  readonly provenBy?: ControlTarget;
  /** Each address of the host is probed as a peer, in place of this target. */
  readonly discover?: 'dns';
  /** Peers only: the discovered address, which is also the host. */
  readonly peer?: string;
}

/** A series that shows that the hosts reach each other; the limits of its SLO are no part of that. */
export type ControlTarget = Omit<Target, 'provenBy' | 'slo'>;

/** The limits of a target over the window of its status; at least one is set. */
export interface Slo {
  /** Maximum share of samples that may be lost, 0 to 1. */
  readonly maxLossRatio?: number;
  readonly maxP99Ms?: number;
}

/** The settings of a target that have a default in the configuration. */
export type TargetSettings = Pick<Target, 'intervalMs' | 'timeoutMs' | 'sizeBytes'>;

/** A target as the user wrote it. */
export type TargetSpec = Omit<
  Target,
  'id' | 'flow' | 'discover' | 'peer' | 'provenBy' | keyof TargetSettings
> &
  Partial<TargetSettings> & { readonly flow?: FlowChoice; readonly discover?: DiscoverChoice };

/** The settings of targets that set none themselves. */
export interface CommonSettings {
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly size: number;
}

/** The part of a configuration that is about targets. */
export interface TargetConfig extends CommonSettings {
  readonly targets: readonly TargetSpec[];
}

/** The series to probe, with all their settings; a target with `flow=both` has two. */
export function targetsOf({ targets, ...settings }: TargetConfig): Target[] {
  return withControls(targets.flatMap((spec) => seriesOf(spec, settings)));
}

/** The series of one target. */
export function seriesOf(spec: TargetSpec, settings: CommonSettings): Target[] {
  const { interval: intervalMs, timeout: timeoutMs, size } = settings;
  const sizeBytes = spec.protocol === 'stamp-udp' ? Math.max(size, STAMP_BYTES) : size;
  const { flow = 'fresh', discover, ...rest } = spec;
  const common = { intervalMs, timeoutMs, sizeBytes, ...rest, ...(discover === 'dns' && { discover }) };
  if (flow !== 'both') return [{ ...common, id: spec.name, flow }];
  // Only fresh connections of a session are asked who answers.
  const { who: _, ...shared } = common;
  return [
    { ...common, id: spec.name, flow: 'fresh' },
    { ...shared, id: stickyIdOf(spec.name), flow: 'sticky' },
  ];
}

/** Whether the target can tell in which direction samples were lost: only a reflector with a session can. */
export function tellsDirection({ flow, protocol }: Target): boolean {
  return protocol === 'stamp-udp' && flow === 'sticky';
}

/** Whether the target may tell who answers. A STAMP reflector is always asked. */
export function tellsResponder({ protocol, who = false }: Target): boolean {
  return who || protocol === 'stamp-udp';
}

/** Whether the target can tell the mark as it was received: a reflector can, where there is one. */
export function tellsMark({ dscp, protocol }: Pick<Target, 'dscp' | 'protocol'>): boolean {
  return protocol === 'stamp-udp' && dscp !== undefined;
}

/** The id of the sticky series of a target with `flow=both`. */
export function stickyIdOf(name: string): string {
  return `${name} (sticky)`;
}

/** `127.0.0.1:7007`, `[::1]:7007` */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
