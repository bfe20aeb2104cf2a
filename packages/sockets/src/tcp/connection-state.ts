/**
 * `identifying` (the source is not known yet, so none of its limits apply) → `open` → `ending` (our FIN is sent or
 * waits for pending bytes; received bytes are discarded) → `closed`. A connection over a limit is `refused` at once.
 */
export type ConnectionState =
  | { readonly name: 'identifying' }
  | { readonly name: 'open' }
  | { readonly name: 'ending'; readonly since: number }
  | { readonly name: 'refused' }
  | { readonly name: 'closed' };

/** Shared by all connections: every message reads the state, so one object stays in the CPU cache. */
export const IDENTIFYING: ConnectionState = { name: 'identifying' };
export const OPEN: ConnectionState = { name: 'open' };
