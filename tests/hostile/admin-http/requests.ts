import { readPageFiles } from '../../../services/load-probe/src/monitor/status/page-files.ts';

/** The services whose admin ports are attacked: a target with `FAULTS=on`, and the probe that probes it. */
export const adminServices = ['echo', 'load-probe'] as const;
export type AdminService = (typeof adminServices)[number];

/** The bytes of a request, and the expected status. */
export interface AdminRequest {
  readonly what: string;
  readonly bytes: string;
  readonly status: Readonly<Record<AdminService, number>>;
}

export const HOST = 'Host: localhost\r\n';
export const CLOSE = 'Connection: close\r\n';
const MAX_SHOWN_CHARACTERS = 60;

/** Requests with the status of the target and of the probe. @param lines each a path, or a method and a path */
function answered(echo: number, probe: number, lines: readonly string[]): AdminRequest[] {
  return lines.map((line) => {
    const methodAndPath = /^[A-Z]+ /.test(line) ? line : `GET ${line}`;
    return {
      what: methodAndPath.slice(0, MAX_SHOWN_CHARACTERS),
      bytes: `${methodAndPath} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
      status: { echo, 'load-probe': probe },
    };
  });
}

/** Everything that a target or the probe serves, without the event stream. @param target id of a target of the probe */
export async function goodRequests(target: string): Promise<readonly AdminRequest[]> {
  const id = encodeURIComponent(target);
  const files = (await readPageFiles()).map(({ path }) => path);
  return [
    ...answered(200, 200, ['/livez', '/readyz', '/readyz?verbose', '/metrics', '/version']),
    ...answered(200, 404, ['/faults', '/faults/echo-tcp', 'DELETE /faults/echo-udp']),
    ...answered(404, 200, [
      '/api/targets',
      `/api/targets/${id}`,
      `/api/targets/${id}?span=1h&buckets=60`,
      ...files,
    ]),
  ];
}

const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];
const PATHS = ['/nowhere', '/version', '/api/targets', '/api/events'];
const FOLDERS = ['/', '/api/targets/'];
const list = (text: string): string[] => text.split(/\s+/);

const JSON_TYPE = 'Content-Type: application/json\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const LONG = 'a'.repeat(100_000);

export const badRequests: readonly AdminRequest[] = [
  // Percent-encoding: half an escape, invalid UTF-8, a surrogate, NUL, an encoded slash and an encoded escape.
  ...FOLDERS.flatMap((folder) => [
    ...answered(
      400,
      400,
      list('% %2 %zz %c0%af %ff %ed%a0%80 %u0041').map((name) => folder + name),
    ),
    ...answered(
      404,
      404,
      list('%00 %2f..%2f %252e \\ | "<>').map((name) => folder + name),
    ),
  ]),
  // Requests that scanners send to every HTTP server. Some of these paths exist here.
  ...answered(404, 200, ['/', '/ui/app/page.ts']),
  ...answered(200, 404, ['/faults']),
  ...answered(
    404,
    404,
    list(
      `/.env /.git/config /admin /metrics/ /metrics/../version //version /livez;x=1 /LIVEZ /__proto__ /constructor /faults/
      /faults/nobody /faults/..%2f..%2fetc%2fpasswd /api /api/ /api/targets/ /api/targets/nobody /api/targets/__proto__
      /api/targets/..%2f..%2fetc%2fpasswd /api/targets/x?span=1h /api/events/x /ui/vendor/ /ui/vendor/../../package.json
      /ui/vendor/..%2f..%2fpackage.json /etc/passwd /../../etc/passwd`,
    ),
  ),
  // An unknown query changes nothing.
  ...answered(
    200,
    200,
    list('? ?% ?verbose=%zz ?a[]=1&a[]=2 ?__proto__[x]=1').map((query) => `/readyz${query}`),
  ),
  ...answered(200, 200, [`/readyz?${'a=1&'.repeat(3_000)}`]),
  ...answered(
    404,
    400,
    list('span=9h span=1h&span=6h buckets=1e9 x=1 span=% buckets=-1 __proto__=1').map(
      (query) => `/api/targets/nobody?${query}`,
    ),
  ),
  // Nothing is written, deleted or traced on any admin port.
  ...METHODS.flatMap((method) =>
    answered(
      404,
      404,
      PATHS.map((path) => `${method} ${path}`),
    ),
  ),
  // A method that Node knows and the router does not.
  ...answered(
    400,
    400,
    PATHS.map((path) => `QUERY ${path}`),
  ),
  // HEAD of a stream: its length is not known.
  ...answered(404, 404, ['HEAD /nowhere', 'HEAD /api/events']),
  ...answered(200, 200, ['HEAD /version']),
  ...answered(404, 200, ['HEAD /api/targets']),
  // Bytes that are no HTTP, or break its rules. All services respond alike.
  raw('no method', '\0\0\0\r\n\r\n', 400),
  raw('an unknown method', `BREW /livez HTTP/1.1\r\n${HOST}\r\n`, 400),
  raw('a method of 100,000 letters', `${LONG.toUpperCase()} / HTTP/1.1\r\n${HOST}\r\n`, 400),
  raw('HTTP/1.0', 'GET /nowhere HTTP/1.0\r\n\r\n', 404),
  raw('HTTP/0.9', 'GET /nowhere\r\n\r\n', 404),
  raw('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
  raw('HTTP/9.9', get('/livez', '', 'HTTP/9.9'), 400),
  raw('TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 400),
  raw('no host', 'GET /livez HTTP/1.1\r\n\r\n', 400),
  raw('two hosts', get('/nowhere', HOST), 404),
  raw('a target with a host', get('http://elsewhere/nowhere'), 404),
  raw('half a target', get('http://[::1'), 400),
  raw('no path', get(''), 400),
  raw('an endless path', get(`/${LONG}`), 431),
  raw('an endless header', get('/livez', `X: ${LONG}\r\n`), 431),
  raw('an endless name', get('/livez', `${LONG}: x\r\n`), 431),
  raw('20,000 headers', get('/livez', 'a: b\r\n'.repeat(20_000)), 431),
  raw('a folded header', get('/livez', 'X: a\r\n b\0\r\n'), 400),
  raw('a header without a name', get('/livez', ': x\r\n'), 400),
  raw('an upgrade', `GET /livez HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`, 200),
  raw('two lengths', post('Content-Length: 1\r\nContent-Length: 2\r\n'), 400),
  raw('a negative length', post('Content-Length: -1\r\n'), 400),
  raw('a length and chunks', post(`Content-Length: 1\r\n${CHUNKED}`), 400),
  raw('a bad chunk', post(CHUNKED, 'zz\r\n'), 400),
  raw('a chunk that ends nowhere', post(CHUNKED, 'ffffffffffffffff\r\n'), 404),
  raw('a body that is no JSON', withBody(JSON_TYPE, '{{{'), 400),
  raw('a poisoned body', withBody(JSON_TYPE, '{"__proto__":{"x":1}}'), 400),
  raw('a body of no known type', withBody('Content-Type: no/type\r\n', 'x'), 404),
  raw('a body of a type that is none', withBody('Content-Type: \x01\r\n', 'x'), 400),
  raw('a body of 2 MiB', withBody(JSON_TYPE, `"${'x'.repeat(2 * 1024 ** 2)}"`), 413),
  raw('a body that is said to have 300 MB', post(`${JSON_TYPE}Content-Length: 300000000\r\n`, '{'), 413),
  raw('the expectation of nothing', get('/livez', 'Expect: the-worst\r\n'), 417),
  raw('everything', `OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404),
];

/** A request that never reaches the routes of a service. */
function raw(what: string, bytes: string, status: number): AdminRequest {
  return { what, bytes, status: { echo: status, 'load-probe': status } };
}

function get(path: string, headers = '', version = 'HTTP/1.1'): string {
  return `GET ${path} ${version}\r\n${HOST}${headers}${CLOSE}\r\n`;
}

function post(headers: string, body = ''): string {
  return `POST /livez HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
}

function withBody(type: string, text: string): string {
  return post(`${type}Content-Length: ${Buffer.byteLength(text)}\r\n${CLOSE}`, text);
}
