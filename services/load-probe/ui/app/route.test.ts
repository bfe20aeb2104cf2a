import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historySpans, routeOf, targetHref } from './route.ts';

describe('routeOf', () => {
  it.each(['', '#', '#/', '#target-3', '#/targets/', '#/elsewhere'])(
    'should take %j for the list',
    (hash) => {
      expect(routeOf(hash)).toEqual({ view: 'list' });
    },
  );

  it('should find any target by its link, over any span', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.constantFrom(...historySpans),
        (name, span) => {
          expect(routeOf(targetHref(name, span))).toEqual({ view: 'target', name, span });
        },
      ),
    );
  });

  it('should accept a URL that is typed by hand', () => {
    expect(routeOf('#/targets/echo+tcp://10.0.0.7:7?span=6h')).toEqual({
      view: 'target',
      name: 'echo+tcp://10.0.0.7:7',
      span: '6h',
    });
    expect(routeOf('#/targets/100%?span=2y')).toEqual({ view: 'target', name: '100%', span: '10m' });
  });
});
