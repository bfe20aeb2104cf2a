import type { FlowDeathCause } from '../monitor/status/types.ts';

/** `fresh`: a new connection or source port for each sample. `sticky`: the same for all samples, reopened when it dies. */
export const flows = ['fresh', 'sticky'] as const;

export type Flow = (typeof flows)[number];

/** The values of a target's `flow`; `both` makes two series of samples. */
export const flowChoices = [...flows, 'both'] as const;

export type FlowChoice = (typeof flowChoices)[number];

/** Why a sticky flow died. These names are values of a metric label. */
export const flowDeathCauses = [
  /** The peer closed the connection. */
  'fin',
  'reset',
  /** Nothing came back for too long, or the system gave up on the connection. */
  'timeout',
  /** UDP: ICMP port unreachable. */
  'refused',
  /** ICMP host or network unreachable, or no route any more. */
  'unreachable',
  /** Any other failure of the socket. */
  'error',
] as const satisfies readonly FlowDeathCause[];
