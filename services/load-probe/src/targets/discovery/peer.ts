import type { Target } from '../target.ts';

/** The name of one address of a target with `discover`. */
export function peerNameOf(name: string, address: string): string {
  return `${name} @ ${address}`;
}

/** A target for one address of a target with `discover`. It needs no lookup. */
export function peerOf({ discover: _, provenBy, ...template }: Target, address: string): Target {
  const { id, name } = template;
  const flowSuffix = id.slice(name.length);
  const control = provenBy && { provenBy: peerOf(provenBy, address) };
  return {
    ...template,
    ...control,
    id: `${peerNameOf(name, address)}${flowSuffix}`,
    host: address,
    peer: address,
  };
}
