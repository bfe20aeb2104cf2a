import { expect, it } from 'vitest';
import { groupedBy, selectorsOf } from './promql.ts';

it('should find what an expression selects', () => {
  const expression =
    'sum without (outcome) (increase(a_total{outcome!~"ok|late", b="x"}[1m])) / ignoring (le) group_left () rate(l4:c:ratio1m[5m] offset 1h) > 0.05 and up or vector(0)';
  expect(selectorsOf(expression)).toEqual([
    {
      metric: 'a_total',
      matchers: [
        { label: 'outcome', operator: '!~', value: 'ok|late' },
        { label: 'b', operator: '=', value: 'x' },
      ],
    },
    { metric: 'l4:c:ratio1m', matchers: [] },
    { metric: 'up', matchers: [] },
  ]);
  expect(groupedBy(expression)).toEqual(['outcome', 'le']);
});

it('should take no string for a metric', () => {
  const found = selectorsOf('label_replace(up{job="a b"} == 1, "from", "$1", "node", "(.+)") < Inf');
  expect(found.map(({ metric }) => metric)).toEqual(['up']);
});
