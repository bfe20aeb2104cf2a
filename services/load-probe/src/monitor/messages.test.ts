import { expect, it } from 'vitest';
import type { SampleObserver } from '../sampling/sampler.ts';
import { MessageBatches, type TargetMessage } from './messages.ts';

const ignoring: SampleObserver = { sample() {}, duplicates() {}, reordered() {} };

it('should send messages in order, in batches of limited size', () => {
  const sent: (readonly TargetMessage[])[] = [];
  const batches = new MessageBatches((batch) => void sent.push(batch));
  const observer = batches.observe(3, ignoring, () => 0);
  const counts = Array.from({ length: 12_000 }, (_, index) => index);
  for (const count of counts) observer.duplicates(count);
  batches.close();
  expect(sent.map(({ length }) => length)).toEqual([5_000, 5_000, 2_000]);
  expect(sent.flat()).toEqual(counts.map((count) => ({ kind: 'duplicates', at: 0, count, target: 3 })));
});
