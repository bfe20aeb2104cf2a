/**
 * Whether a client prefers messages of Protocol Buffers to text (RFC 9110, section 12.5.1). Prometheus does when it takes
 * native histograms, which the text format does not have.
 *
 * @param accept the header, if there is one
 */
export function prefersProtobuf(accept = ''): boolean {
  const ranges = accept.split(',').map(readRange);
  const best = (found: readonly MediaRange[]): number => Math.max(0, ...found.map(({ quality }) => quality));
  const protobuf = best(ranges.filter(isDelimitedFamilies));
  return protobuf > 0 && protobuf >= best(ranges.filter(({ type }) => type === 'text/plain'));
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1. */
  readonly quality: number;
}

function readRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=');
      return [name.trim(), value.trim().replace(/^"(.*)"$/, '$1')];
    }),
  );
  const quality = Number(parameters.get('q') ?? 1);
  return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

function isDelimitedFamilies({ type, parameters }: MediaRange): boolean {
  return (
    type === 'application/vnd.google.protobuf' &&
    parameters.get('proto') === 'io.prometheus.client.metricfamily' &&
    parameters.get('encoding') === 'delimited'
  );
}
