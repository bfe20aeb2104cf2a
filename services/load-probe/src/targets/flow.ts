import type { FlowDeathCause } from '../monitor/status/types.ts';
import { isMultiExchange, type Protocol } from './protocol.ts';

/**
 * `fresh`: a new connection or source port for each sample. `sticky`: the same for all samples, reopened when it dies.
 * `sweep`: a new flow for each sample, from fixed source ports in turn.
 */
export const flows = ['fresh', 'sticky', 'sweep'] as const;

export type Flow = (typeof flows)[number];

/** The values of a target's `flow`; `both` makes two series of samples. */
export const flowChoices = [...flows, 'both'] as const;

export type FlowChoice = (typeof flowChoices)[number];

/** Whether targets of the protocol can have the flow: to share one, samples need many exchanges in it. */
export function fitsFlow(protocol: Protocol, flow: string): boolean {
  return (flow !== 'sticky' && flow !== 'both') || isMultiExchange(protocol);
}

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
