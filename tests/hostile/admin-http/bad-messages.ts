import { type AdminRequest, CLOSE, HOST, raw } from './admin-request.ts';

const JSON_TYPE = 'Content-Type: application/json\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const LONG = 'a'.repeat(100_000);

/** What is no HTTP, or breaks its rules. Whichever service it goes to, the answer is the same. */
export const badMessages: readonly AdminRequest[] = [
  raw('an unknown method', `BREW /livez HTTP/1.1\r\n${HOST}\r\n`, 400),
  raw('a method of 100,000 letters', `${LONG.toUpperCase()} / HTTP/1.1\r\n${HOST}\r\n`, 400),
  raw('HTTP/1.0', 'GET /nowhere HTTP/1.0\r\n\r\n', 404),
  raw('HTTP/0.9', 'GET /nowhere\r\n\r\n', 404),
  raw('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
  raw('HTTP/9.9', `GET /livez HTTP/9.9\r\n${HOST}\r\n`, 400),
  raw('TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 400),
  raw('no host', 'GET /livez HTTP/1.1\r\n\r\n', 400),
  raw('two hosts', `GET /nowhere HTTP/1.1\r\n${HOST}${HOST}${CLOSE}\r\n`, 404),
  raw('a target with a host', `GET http://elsewhere/nowhere HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404),
  raw('half a target', `GET http://[::1 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400),
  raw('no path', `GET  HTTP/1.1\r\n${HOST}\r\n`, 400),
  raw('an endless path', `GET /${LONG} HTTP/1.1\r\n${HOST}\r\n`, 431),
  raw('an endless header', `GET /livez HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`, 431),
  raw('an endless name', `GET /livez HTTP/1.1\r\n${HOST}${LONG}: x\r\n\r\n`, 431),
  raw('20,000 headers', `GET /livez HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(20_000)}\r\n`, 431),
  raw('a folded header', `GET /livez HTTP/1.1\r\n${HOST}X: a\r\n b\0\r\n\r\n`, 400),
  raw('a header without a name', `GET /livez HTTP/1.1\r\n${HOST}: x\r\n\r\n`, 400),
  raw('two lengths', post('/', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400),
  raw('a negative length', post('/', 'Content-Length: -1\r\n'), 400),
  raw('a length and chunks', post('/', `Content-Length: 1\r\n${CHUNKED}`), 400),
  raw('a bad chunk', post('/', CHUNKED, 'zz\r\n'), 400),
  raw('a chunk that ends nowhere', post('/', CHUNKED, 'ffffffffffffffff\r\n'), 404),
  raw('a body that is no JSON', withBody(JSON_TYPE, '{{{'), 400),
  raw('a poisoned body', withBody(JSON_TYPE, '{"__proto__":{"x":1}}'), 400),
  raw('a body of no known type', withBody('Content-Type: no/type\r\n', 'x'), 404),
  raw('a body of a type that is none', withBody('Content-Type: \x01\r\n', 'x'), 400),
  raw('a body of 2 MiB', withBody(JSON_TYPE, `"${'x'.repeat(2 * 1024 ** 2)}"`), 413),
  raw('the expectation of nothing', `GET /livez HTTP/1.1\r\n${HOST}Expect: the-worst\r\n\r\n`, 417),
  raw('everything', `OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 404),
];

function post(path: string, headers: string, body = ''): string {
  return `POST ${path} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
}

function withBody(type: string, text: string): string {
  return post('/livez', `${type}Content-Length: ${Buffer.byteLength(text)}\r\n${CLOSE}`, text);
}
