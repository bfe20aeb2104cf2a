import { expect, it } from 'vitest';
import { prefersProtobuf } from './accepted-format.ts';

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';

it.each([
  [
    'Prometheus 2 with native histograms',
    `${PROTOBUF},${OPEN_METRICS};q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
  ],
  [
    'Prometheus 3 with native histograms',
    `${PROTOBUF};q=0.6,${OPEN_METRICS};escaping=allow-utf-8;q=0.5,text/plain;q=0.2`,
  ],
  [
    'spaces, quotes and capitals',
    PROTOBUF.replaceAll(';', ' ; ').replace('delimited', '"Delimited"').toUpperCase(),
  ],
  ['both alike', `text/plain,${PROTOBUF}`],
])('should give protobuf to one that prefers it: %s', (_, accept) => {
  expect(prefersProtobuf(accept)).toBe(true);
});

it.each([
  ['no header', undefined],
  ['an empty one', ''],
  ['anything', '*/*'],
  ['Prometheus', `${OPEN_METRICS};q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`],
  ['text first', `${PROTOBUF};q=0.4,text/plain;version=0.0.4;q=0.5`],
  ['protobuf refused', `${PROTOBUF};q=0,*/*`],
  ['another message', PROTOBUF.replace('MetricFamily', 'Other')],
  ['another encoding', PROTOBUF.replace('delimited', 'compact-text')],
  ['no parameters', 'application/vnd.google.protobuf'],
  ['a quality that is none', `${PROTOBUF};q=high`],
  ['garbage', ';;,=,;q=;'],
])('should give text to others: %s', (_, accept) => {
  expect(prefersProtobuf(accept)).toBe(false);
});
