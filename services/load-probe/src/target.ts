import type { Protocol } from './protocol.ts';

/** What is probed and how. */
export interface Target {
  /** Unique; the URL where none was given. */
  readonly name: string;
  /** As given, without the query. */
  readonly url: string;
  readonly protocol: Protocol;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** A new connection or source port for each sample. */
  readonly flow: 'fresh';
  readonly intervalMs: number;
  /** From a sample's due time on. */
  readonly timeoutMs: number;
  /** Bytes of an echo's payload; a daytime target has no use for it. */
  readonly sizeBytes: number;
}

/** What a target's URL may leave to the configuration. */
export type TargetSettings = Pick<Target, 'intervalMs' | 'timeoutMs' | 'sizeBytes'>;

/** A target as its URL says it. */
export type TargetSpec = Omit<Target, keyof TargetSettings> & Partial<TargetSettings>;

/** What a configuration says about targets. */
export interface TargetConfig {
  readonly targets: readonly TargetSpec[];
  /** Milliseconds. */
  readonly interval: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly size: number;
}

/** The targets with all their settings. */
export function targetsOf(config: TargetConfig): Target[] {
  const { interval: intervalMs, timeout: timeoutMs, size: sizeBytes } = config;
  return config.targets.map((spec) => ({ intervalMs, timeoutMs, sizeBytes, ...spec }));
}

/** `127.0.0.1:7007`, `[::1]:7007` */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
