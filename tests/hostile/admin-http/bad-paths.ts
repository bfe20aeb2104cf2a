import { type AdminRequest, ofRow, type Row } from './admin-request.ts';

/** In percent-encoding: half an escape, no UTF-8, a surrogate, NUL, an encoded slash and an encoded escape. */
const NONSENSE: readonly Row[] = [
  ['%', 400, 400],
  ['%2', 400, 400],
  ['%zz', 400, 400],
  ['%c0%af', 400, 400],
  ['%ff', 400, 400],
  ['%ed%a0%80', 400, 400],
  ['%00', 404, 404],
  ['%2f..%2f', 404, 404],
  ['%252e', 404, 404],
  ['%u0041', 400, 400],
  ['\\', 404, 404],
  ['|', 404, 404],
  ['"<>', 404, 404],
];

/** What is asked of every HTTP server there is. Some of it stands on one of ours. */
const PROBES: readonly Row[] = [
  ['/', 404, 200],
  ['/.env', 404, 404],
  ['/.git/config', 404, 404],
  ['/admin', 404, 404],
  ['/metrics/', 404, 404],
  ['/metrics/../version', 404, 404],
  ['//version', 404, 404],
  ['/livez;x=1', 404, 404],
  ['/LIVEZ', 404, 404],
  ['/__proto__', 404, 404],
  ['/constructor', 404, 404],
  ['/faults', 200, 404],
  ['/faults/', 404, 404],
  ['/faults/nobody', 404, 404],
  ['/faults/..%2f..%2fetc%2fpasswd', 404, 404],
  ['/api', 404, 404],
  ['/api/', 404, 404],
  ['/api/targets/', 404, 404],
  ['/api/targets/nobody', 404, 404],
  ['/api/targets/__proto__', 404, 404],
  ['/api/targets/..%2f..%2fetc%2fpasswd', 404, 404],
  ['/api/targets/%', 400, 400],
  ['/api/targets/x?span=1h', 404, 404],
  ['/api/events/x', 404, 404],
  ['/ui/vendor/', 404, 404],
  ['/ui/vendor/../../package.json', 404, 404],
  ['/ui/vendor/..%2f..%2fpackage.json', 404, 404],
  ['/ui/app/page.ts', 404, 200],
  ['/etc/passwd', 404, 404],
  ['/../../etc/passwd', 404, 404],
];

/** A query that means nothing changes nothing. */
const QUERIES: readonly Row[] = [
  ['/readyz?', 200, 200],
  ['/readyz?%', 200, 200],
  ['/readyz?verbose=%zz', 200, 200],
  ['/readyz?a[]=1&a[]=2', 200, 200],
  ['/readyz?__proto__[x]=1', 200, 200],
  [`/readyz?${'a=1&'.repeat(3_000)}`, 200, 200],
  ['/api/targets/nobody?span=9h', 404, 400],
  ['/api/targets/nobody?span=1h&span=6h', 404, 400],
  ['/api/targets/nobody?buckets=1e9', 404, 400],
  ['/api/targets/nobody?x=1', 404, 400],
  ['/api/targets/nobody?span=%', 404, 400],
  ['/api/targets/nobody?buckets=-1', 404, 400],
  ['/api/targets/nobody?__proto__=1', 404, 400],
];

export const badPaths: readonly AdminRequest[] = [
  ...['/', '/api/targets/'].flatMap((folder) =>
    NONSENSE.map(([name, ...statuses]) => ofRow([`${folder}${name}`, ...statuses])),
  ),
  ...[...PROBES, ...QUERIES].map(ofRow),
];
