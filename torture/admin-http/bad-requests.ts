/** A request as its bytes, and what may be the status of the answer. */
export interface BadRequest {
  readonly what: string;
  readonly bytes: string;
  readonly statuses: readonly number[];
}

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const LONG = 'a'.repeat(100_000);
/** In percent-encoding: half an escape, no UTF-8, a surrogate, NUL, an encoded slash and an encoded escape. */
const NONSENSE = [
  '%',
  '%2',
  '%zz',
  '%c0%af',
  '%ff',
  '%ed%a0%80',
  '%00',
  '%2f..%2f',
  '%252e',
  '%u0041',
  '\\',
  '|',
  '"<>',
];
/** What stands on no page of ours, but is asked of every HTTP server there is. */
const PROBES = [
  ...[
    '/',
    '/.env',
    '/.git/config',
    '/admin',
    '/metrics/',
    '/metrics/../version',
    '//version',
    '/livez;x=1',
    '/LIVEZ',
  ],
  ...[
    '/__proto__',
    '/constructor',
    '/faults',
    '/faults/',
    '/faults/nobody',
    '/api',
    '/api/',
    '/api/targets/',
  ],
  ...[
    '/api/targets/nobody',
    '/api/targets/__proto__',
    '/api/targets/..%2f..%2fetc%2fpasswd',
    '/api/targets/%',
  ],
  ...[
    '/api/targets/x?span=1h',
    '/api/events/x',
    '/vendor/',
    '/vendor/../package.json',
    '/page.ts',
    '/etc/passwd',
  ],
];
const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'HEAD'];

/** Every one is answered with a client's error, whichever service it goes to. */
export const badRequests: readonly BadRequest[] = [
  ...NONSENSE.map((path) => get(`/${path}`, [400, 404])),
  ...NONSENSE.map((path) => get(`/api/targets/${path}`, [400, 404])),
  ...PROBES.map((path) => get(path, [200, 400, 404])),
  ...['?', '?%', '?verbose=%zz', '?a[]=1&a[]=2', '?__proto__[x]=1', `?${'a=1&'.repeat(3_000)}`].map((query) =>
    get(`/readyz${query}`, [200, 400, 503]),
  ),
  ...['span=9h', 'span=1h&span=6h', 'buckets=1e9', 'x=1', 'span=%', 'buckets=-1', '__proto__=1'].map(
    (query) => get(`/api/targets/nobody?${query}`, [400, 404]),
  ),
  ...METHODS.flatMap((method) =>
    ['/nowhere', '/version', '/api/targets', '/api/events'].map((path) =>
      request(
        `${method} ${path}`,
        `${method} ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
        [200, 400, 404],
      ),
    ),
  ),
  request('an unknown method', `BREW /livez HTTP/1.1\r\n${HOST}\r\n`, [400]),
  request('a method of 100,000 letters', `${LONG.toUpperCase()} / HTTP/1.1\r\n${HOST}\r\n`, [400, 431]),
  request('HTTP/1.0', 'GET /nowhere HTTP/1.0\r\n\r\n', [404]),
  request('HTTP/0.9', 'GET /nowhere\r\n\r\n', [400, 404]),
  request('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]),
  request('HTTP/9.9', `GET /livez HTTP/9.9\r\n${HOST}\r\n`, [400]),
  request('TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', [400]),
  request('no host', 'GET /livez HTTP/1.1\r\n\r\n', [400]),
  request('two hosts', `GET /nowhere HTTP/1.1\r\n${HOST}${HOST}Connection: close\r\n\r\n`, [400, 404]),
  request(
    'a target with a host',
    `GET http://elsewhere/nowhere HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    [404],
  ),
  request('half a target', `GET http://[::1 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, [400, 404]),
  request('no path', `GET  HTTP/1.1\r\n${HOST}\r\n`, [400]),
  request('an endless path', `GET /${LONG} HTTP/1.1\r\n${HOST}\r\n`, [431]),
  request('an endless header', `GET /livez HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`, [431]),
  request('an endless name', `GET /livez HTTP/1.1\r\n${HOST}${LONG}: x\r\n\r\n`, [431]),
  request('20,000 headers', `GET /livez HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(20_000)}\r\n`, [431]),
  request('a folded header', `GET /livez HTTP/1.1\r\n${HOST}X: a\r\n b\0\r\n\r\n`, [400]),
  request('a header without a name', `GET /livez HTTP/1.1\r\n${HOST}: x\r\n\r\n`, [400]),
  request('two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, [400]),
  request('a negative length', `POST / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, [400]),
  request(
    'a length and chunks',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    [400],
  ),
  request('a bad chunk', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, [400, 404]),
  request(
    'a chunk that ends nowhere',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`,
    [400, 404, 413],
  ),
  request('a body that is no JSON', body('/livez', JSON_TYPE, '{{{'), [400]),
  request('a poisoned body', body('/livez', JSON_TYPE, '{"__proto__":{"x":1}}'), [400]),
  request('a body of no known type', body('/livez', 'Content-Type: no/type\r\n', 'x'), [404, 415]),
  request('a body of a type that is none', body('/livez', 'Content-Type: \x01\r\n', 'x'), [400, 415]),
  request('a body of 2 MiB', body('/livez', JSON_TYPE, `"${'x'.repeat(2 * 1024 ** 2)}"`), [413]),
  request('the expectation of nothing', `GET /livez HTTP/1.1\r\n${HOST}Expect: the-worst\r\n\r\n`, [417]),
  request('everything', `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, [404]),
];

function get(path: string, statuses: readonly number[]): BadRequest {
  const bytes = `GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
  return request(`GET ${path.slice(0, 60)}`, bytes, statuses);
}

function request(what: string, bytes: string, statuses: readonly number[]): BadRequest {
  return { what, bytes, statuses };
}

function body(path: string, type: string, text: string): string {
  const length = Buffer.byteLength(text);
  return `POST ${path} HTTP/1.1\r\n${HOST}${type}Content-Length: ${length}\r\nConnection: close\r\n\r\n${text}`;
}
