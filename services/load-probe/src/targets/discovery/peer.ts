import type { Target } from '../target.ts';

/** What one address of a target with `discover` is called. */
export function peerNameOf(name: string, address: string): string {
  return `${name} @ ${address}`;
}

/** One address of a target with `discover`, as a target of its own: dialled as it is, with no lookup. */
export function peerOf({ discover: _, ...template }: Target, address: string): Target {
  const { id, name } = template;
  const flowSuffix = id.slice(name.length);
  return { ...template, id: `${peerNameOf(name, address)}${flowSuffix}`, host: address, peer: address };
}
