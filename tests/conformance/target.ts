/** A host that may serve the protocols; clauses about a port that is not given are skipped. */
export interface Target {
  /** An IP address. */
  readonly host: string;
  readonly echoTcpPort?: number | undefined;
  readonly echoUdpPort?: number | undefined;
  readonly daytimeTcpPort?: number | undefined;
  readonly daytimeUdpPort?: number | undefined;
  readonly stampPort?: number | undefined;
  /** How long the target may stay silent where an answer is due, milliseconds. */
  readonly timeoutMs: number;
}

export const portKeys = [
  'echoTcpPort',
  'echoUdpPort',
  'daytimeTcpPort',
  'daytimeUdpPort',
  'stampPort',
] as const;
export type PortKey = (typeof portKeys)[number];

/** The endpoint of one check. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** @throws Violation if the clause does not hold at this endpoint */
export type Check = (endpoint: Endpoint) => Promise<void>;
