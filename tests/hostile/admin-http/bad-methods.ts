import { type AdminRequest, ofRow, type Row } from './admin-request.ts';

/** Nothing is written, deleted or traced on any admin port. */
const ELSEWHERE = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];
const PATHS = ['/nowhere', '/version', '/api/targets', '/api/events'];

const ROWS: readonly Row[] = [
  ...ELSEWHERE.flatMap((method) => PATHS.map((path): Row => [`${method} ${path}`, 404, 404])),
  // Node knows this method, the router does not.
  ...PATHS.map((path): Row => [`QUERY ${path}`, 400, 400]),
  ['HEAD /nowhere', 404, 404],
  ['HEAD /version', 200, 200],
  ['HEAD /api/targets', 404, 200],
  // A stream has no length that could be told without it.
  ['HEAD /api/events', 404, 404],
];

export const badMethods: readonly AdminRequest[] = ROWS.map(ofRow);
