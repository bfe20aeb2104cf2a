import { type Observation, seen } from '@echo-daytime/diagnosis';
import { families, familyName } from '../net/family.ts';
import { lookUpFamilies } from '../net/resolve.ts';
import type { Subject } from './subject.ts';

const TIMEOUT_MS = 3_000;

/** Looks the name up, each address family by itself. */
export async function runLookup(subject: Subject): Promise<readonly Observation[]> {
  const { clock, offers, signal, target } = subject;
  const limits = { clock, signal, timeoutMs: TIMEOUT_MS };
  const { addresses, failures } = await lookUpFamilies(target.host, families, limits);
  const words = [...failures.values()].map(({ detail }) => detail).join('; ');
  if (addresses.length === 0) {
    offers.clear();
    const isAnswer = [...failures.values()].every(({ why }) => why === 'no_address');
    return [seen('name', isAnswer ? 'no_address' : 'no_answer', words)];
  }
  subject.addresses = addresses;
  if (addresses.length === 1) {
    subject.address = addresses[0];
    offers.add('address');
  } else offers.add('several_addresses');
  const list = addresses.map(({ address, family }) => `${address} (${familyName(family)})`).join(', ');
  const found = `${target.host} is ${list}`;
  const isInPart = [...failures.values()].some(({ why }) => why !== 'no_address');
  return [isInPart ? seen('name', 'in_part', `${found}; ${words}`) : seen('name', 'answered', found)];
}
