import { hostname } from 'node:os';

export interface IdentityConfig {
  readonly identity: boolean;
  /** Empty where it is not known, as the next two. */
  readonly podName: string;
  readonly nodeName: string;
  readonly zoneName: string;
}

/** Who answers, as clients are told: `pod=echo-7d9f node=n1 zone=a`; undefined where they are told nothing. */
export function identityOf(config: IdentityConfig, host: string = hostname()): string | undefined {
  if (!config.identity) return undefined;
  const { podName, nodeName, zoneName } = config;
  const fields = {
    pod: podName,
    node: nodeName,
    // A host may have any bytes for a name.
    host: podName || nodeName ? '' : host.replace(/[^!-~]/g, '?'),
    zone: zoneName,
  };
  const known = Object.entries(fields).filter(([, name]) => name !== '');
  return known.map(([field, name]) => `${field}=${name}`).join(' ') || undefined;
}
