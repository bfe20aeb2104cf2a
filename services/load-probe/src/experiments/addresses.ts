import { type Observation, observed } from '@echo-daytime/diagnosis';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, lossesOf, type Taken } from './taken-samples.ts';

/** A name may have hundreds; so many are tried. */
const MAX_ADDRESSES = 8;
const COUNT = 8;
const RATE = 16;
const TIMEOUT_MS = 1_000;

/** Samples of each address by itself. The first that works is held from here on. */
export async function runAddresses(subject: Subject): Promise<readonly Observation[]> {
  const tried = subject.addresses.slice(0, MAX_ADDRESSES);
  const rate = Math.min(RATE, subject.maxRate / tried.length);
  const taken = await takeSamples(
    subject,
    tried.map(({ address: host }) => ({ count: COUNT, rate, timeoutMs: TIMEOUT_MS, change: { host } })),
  );
  const works = taken.map(({ samples }) => samples.some(isAnswered));
  subject.address = tried[Math.max(0, works.indexOf(true))];
  subject.offers.add('address');
  const words = tried.map(({ address }, index) => `${address}: ${wordsOf(taken[index]!)}`).join('; ');
  const dead = taken.filter((_, index) => !works[index]);
  if (dead.length === 0 || dead.length === taken.length) return [observed('addresses', { alike: 1 }, words)];
  // Where a part is lost, one address of several may lose all by chance.
  const others = taken.filter((_, index) => works[index]).map((one) => lossesOf(one));
  const lost = others.reduce((sum, each) => sum + each.lost, 0);
  const of = others.reduce((sum, each) => sum + each.of, 0);
  const byChance = ((lost + 1) / (of + 2)) ** COUNT;
  return [observed('addresses', { some_dead: 1, alike: byChance }, words)];
}

function wordsOf({ samples }: Taken): string {
  const answered = samples.filter(isAnswered).length;
  const failed = samples.find((taken) => !isAnswered(taken));
  return `${answered} of ${samples.length} answered${failed ? ` (${failed.sample.detail})` : ''}`;
}
