import { describe, expect, it } from 'vitest';
import { bucketCount, spanWords } from './history-feed.ts';

describe('bucketCount', () => {
  it.each([
    ['10m', 1_000, 120, 120],
    ['10m', 10_000, 120, 60],
    ['10m', 45_000, 60, 13],
    ['10m', 3_600_000, 120, 1],
    ['6h', 10_000, 120, 120],
  ] as const)(
    'should divide %s of one sample every %s ms, with room for %s, by %s',
    (span, interval, room, buckets) => {
      expect(bucketCount(span, interval, room)).toBe(buckets);
    },
  );

  it('should say the spans in words', () => {
    expect(spanWords).toEqual({ '10m': '10 min', '1h': '1 h', '6h': '6 h' });
  });
});
