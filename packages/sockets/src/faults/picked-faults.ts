import type { Fault, FaultName, FaultSet } from '@echo-daytime/worker';

/** A number from 0 up to but not 1. */
export type RandomSource = () => number;

/** The faults of one reply. */
export type PickedFaults =
  | { readonly name: 'reset' }
  | { readonly name: 'lost' }
  | {
      readonly name: 'sent';
      readonly bytes: Uint8Array;
      readonly copies: 1 | 2;
      /** Part of it is missing. */
      readonly isCut: boolean;
      readonly delayMs: number;
      /** From this reply on, nothing is sent. */
      readonly stalls: boolean;
    };

/** Picks each fault of a reply by its own probability. `reply` itself is not changed. */
export function pickFaults(reply: Uint8Array, faults: FaultSet, random: RandomSource): PickedFaults {
  const hit = (name: FaultName): Fault | undefined => {
    const fault = faults[name];
    return fault && random() < fault.probability ? fault : undefined;
  };
  if (hit('reset')) return { name: 'reset' };
  if (hit('loss')) return { name: 'lost' };
  let bytes = reply;
  const isCut = hit('truncate') !== undefined;
  if (isCut) bytes = bytes.subarray(0, Math.floor(bytes.length / 2));
  if (hit('corrupt')) bytes = corrupted(bytes, random);
  return {
    name: 'sent',
    bytes,
    copies: hit('duplicate') ? 2 : 1,
    isCut,
    delayMs: (hit('delay')?.ms ?? 0) + (hit('jitter')?.ms ?? 0) * random(),
    stalls: hit('stall') !== undefined,
  };
}

/**
 * A copy with the highest bit of one byte flipped. That never turns one digit into another, so a corrupt line never
 * reads as a different time.
 */
function corrupted(bytes: Uint8Array, random: RandomSource): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = Math.floor(random() * copy.length);
  if (copy.length > 0) copy[index]! ^= 0x80;
  return copy;
}

/** Whether these faults delay replies or stop them, so that some may be held. */
export function holdsReplies(faults: FaultSet): boolean {
  return (faults.delay ?? faults.jitter ?? faults.stall) !== undefined;
}
