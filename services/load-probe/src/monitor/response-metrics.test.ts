import type { CounterSource } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { targetOf } from '../../test/take-samples.ts';
import { MAX_RESPONDERS } from '../stats/responder-tally.ts';
import type { TargetMessage } from './messages.ts';
import { OTHER_RESPONDERS, ResponseMetrics } from './response-metrics.ts';

it('should count answers by name, with one label for those that are too many, and go with the target', () => {
  const sources = new Set<CounterSource>();
  const responses = new ResponseMetrics({
    add: (source) => void sources.add(source),
    remove: (source) => void sources.delete(source),
  });
  const shown = (): [string, number][] =>
    [...sources].map(({ families, memories }) => {
      const { cell, labels } = families[0]!.series[0]!;
      return [labels.responder!, new Float64Array(memories[0]!)[cell]!];
    });
  const from = (target: number, name: string): TargetMessage => ({
    ...{ kind: 'responder', target },
    report: { name, fields: `pod=${name} node=n1` },
  });
  responses.add(1, targetOf('stamp+udp://192.0.2.7:862?name=lb'));
  const names = Array.from({ length: MAX_RESPONDERS + 6 }, (_, index) => `pod-${index}`);
  responses.receive([...names, 'pod-0'].map((name) => from(1, name)));
  responses.receive([from(2, 'of no target'), { kind: 'responder', target: 1, report: { unknown: '' } }]);
  expect(shown()).toEqual([
    ['pod-0', 2],
    ...names.slice(1, MAX_RESPONDERS).map((name) => [name, 1]),
    [OTHER_RESPONDERS, 6],
  ]);
  responses.remove(1);
  expect(shown()).toEqual([]);
});
