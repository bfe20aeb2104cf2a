import type { IpAddress } from '@echo-daytime/addresses';
import type { Protocol } from '../../targets/protocol.ts';
import type { Answer } from './hop.ts';

/** What a walk is of: exactly one 5-tuple. */
export interface WalkedFlow {
  readonly protocol: Protocol;
  readonly address: IpAddress;
  readonly port: number;
  /** Our end; 0: any port that is free. */
  readonly sourcePort: number;
  /** The mark of every probe. */
  readonly dscp?: number | undefined;
}

export interface ProbeEvents {
  /** @param ttl of the probe */
  answered(ttl: number, answer: Answer): void;
  /** An answer has come that does not tell to which of several probes. */
  unattributed(): void;
  /** This host could not send. */
  failed(error: NodeJS.ErrnoException): void;
}

/** Sends the probes of one 5-tuple. */
export interface Probes {
  readonly sourcePort: number;
  /** Whether answers tell to which of several probes they are. */
  readonly areTold: boolean;
  /** Why the last probe, which is not answered, has not left this host, where the system tells that and not as an error. */
  readonly ownError: NodeJS.ErrnoException | undefined;
  /** @param isAlone every answer before the next probe is to this one */
  send(ttl: number, isAlone: boolean): void;
  close(): void;
}

/** The ECN bits of a probe with a mark, ECT(0). */
export const ECT_0 = 2;
