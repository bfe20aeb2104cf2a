import { describe, expect, it } from 'vitest';
import { labelSets, parseExposition } from './exposition.ts';

const good = [
  '# HELP hits_total Hits.',
  '# TYPE hits_total counter',
  'hits_total{path="/a\\"b",code="200"} 3',
  '',
  '# HELP took_seconds Time.',
  '# TYPE took_seconds histogram',
  'took_seconds_bucket{le="0.5",path="/"} 1',
  'took_seconds_bucket{le="+Inf",path="/"} 2',
  'took_seconds_sum{path="/"} 7.5',
  'took_seconds_count{path="/"} 2',
  '',
].join('\n');

describe('parseExposition', () => {
  it('should read what is valid', () => {
    const families = parseExposition(good);
    expect([...families.keys()]).toEqual(['hits_total', 'took_seconds']);
    expect(families.get('hits_total')).toMatchObject({
      help: 'Hits.',
      type: 'counter',
      series: [{ value: 3 }],
    });
    expect(labelSets(families.get('took_seconds')!)).toEqual([{ path: '/' }]);
  });

  it.each([
    ['no line feed at the end', (text: string) => text.trimEnd()],
    ['a sample of no family', (text: string) => `${text}other 1\n`],
    ['a type without help', (text: string) => text.replace('# HELP hits_total Hits.\n', '')],
    ['an unknown type', (text: string) => text.replace('counter', 'meter')],
    ['a series twice', (text: string) => text.replace(/^hits_total.*$/m, '$&\n$&')],
    ['a family twice', (text: string) => `${text}${text}`],
    ['a value that is no number', (text: string) => text.replace('} 3', '} three')],
    ['a label without quotes', (text: string) => text.replace('"200"', '200')],
    ['a label with a bare quote', (text: string) => text.replace('\\"', '"')],
    ['buckets that fall', (text: string) => text.replace('path="/"} 1', 'path="/"} 9')],
    [
      'bounds that fall',
      (text: string) => text.replace('le="0.5"', 'le="+Inf"').replace('le="+Inf"} 2', '2'),
    ],
    ['no bucket for the rest', (text: string) => text.replace(/^.*\+Inf.*\n/m, '')],
    ['a count that differs', (text: string) => text.replace('count{path="/"} 2', 'count{path="/"} 3')],
    ['no sum', (text: string) => text.replace(/^took_seconds_sum.*\n/m, '')],
  ])('should refuse %s', (_what, spoil) => {
    expect(() => parseExposition(spoil(good))).toThrow();
  });
});
