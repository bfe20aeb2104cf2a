import { describe, expect, it } from 'vitest';
import { checkAnswer, checkTellsNothing } from './answer.ts';

const MALFORMED = '{"error":"the request is malformed: its path, its body or its length"}';
const DATE = 'Date: Sun, 29 Nov 2026 02:46:55 GMT';

function answer(status: number, body: string, header = DATE): string {
  return `HTTP/1.1 ${status} x\r\n${header}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function asked(path: string, method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

describe('checkAnswer', () => {
  it.each([
    ['a refusal that repeats the path', asked('/etc/passwd'), 404, '{"error":"nothing at GET /etc/passwd"}'],
    [
      'a refusal that repeats an id',
      asked('/api/targets/..%2f..%2fetc%2fpasswd'),
      404,
      '{"error":"there is no target ../../etc/passwd"}',
    ],
    [
      'a refusal that lists the listeners',
      asked('/faults/x'),
      404,
      '{"error":"no listener \\"x\\"; there are echo-tcp, echo-udp"}',
    ],
    ['a refusal that repeats nothing', asked('/%'), 400, MALFORMED],
    [
      'the versions of /version',
      asked('/version'),
      200,
      '{"name":"echo","version":"0.1.0","node":"26.10.0"}',
    ],
    ['an answer to HEAD', asked('/version', 'HEAD'), 200, ''],
  ])('should let %s pass', (_what, bytes, status, body) => {
    expect(() => checkAnswer(answer(status, body), bytes, status)).not.toThrow();
  });

  it.each([
    ['another status', asked('/.env'), answer(200, 'SECRET=1'), 404, /expected was 404/],
    ['a file', asked('/etc/passwd'), answer(200, 'root:x:0:0:root'), 200, /discloses root:x:0:0/],
    [
      'a path behind /',
      asked('/'),
      answer(404, '{"error":"no /app/src/ui"}'),
      404,
      /discloses \/app\/src\/ui/,
    ],
    ['a version elsewhere', asked('/livez'), answer(200, '{"node":"26.10.0"}'), 200, /discloses 26\.10\.0/],
    [
      'more than by design',
      asked('/version'),
      answer(200, '{"name":"echo","version":"0.1.0","node":"26.10.0","openssl":"3.5.1"}'),
      200,
      /discloses 0\.1\.0, 26\.10\.0, 3\.5\.1/,
    ],
    ['a version in a header', asked('/'), answer(200, '', 'Keep-Alive: node/26.10.0'), 200, /26\.10\.0/],
    ['the name of a server', asked('/'), answer(200, '', 'Server: x'), 200, /has a header server/],
    ['a body after HEAD', asked('/', 'HEAD'), answer(200, 'x'), 200, /the answer to HEAD has a body/],
    ['no sentence', asked('/'), answer(404, '{"error":""}'), 404, /no sentence of ours/],
    [
      'words of others',
      asked('/%'),
      answer(400, '{"error":"\'/%\' is not a valid url component"}'),
      400,
      /no sentence of ours/,
    ],
    ['another path', asked('/'), answer(404, '{"error":"nothing at GET /x"}'), 404, /no sentence of ours/],
    ['a body of Node itself', asked('/'), 'HTTP/1.1 400 x\r\n\r\nBad Request', 400, /has a body/],
  ])('should not let %s pass', (_what, bytes, text, status, broken) => {
    expect(() => checkAnswer(text, bytes, status)).toThrow(broken);
  });
});

describe('checkTellsNothing', () => {
  it('should accept a repeated path only if the request contained it', () => {
    const bytes = asked('/x');
    expect(() => checkTellsNothing('{"error":"nothing at GET /x"}', bytes)).not.toThrow();
    expect(() => checkTellsNothing('{"error":"nothing at GET /etc/shadow"}', bytes)).toThrow('/etc/shadow');
  });
});
