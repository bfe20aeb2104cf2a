/** The services whose admin ports are asked: a target with `FAULTS=on`, and the probe that watches it. */
export const adminServices = ['echo', 'load-probe'] as const;
export type AdminService = (typeof adminServices)[number];

/** A request as its bytes, and the one status of the answer. */
export interface AdminRequest {
  readonly what: string;
  readonly bytes: string;
  readonly status: Readonly<Record<AdminService, number>>;
}

export const HOST = 'Host: localhost\r\n';
export const CLOSE = 'Connection: close\r\n';
const MAX_SHOWN_CHARACTERS = 60;

/** A row of a table: the request, what the target answers, what the probe answers. */
export type Row = readonly [request: string, echo: number, probe: number];

/** @param row method and path, the method is GET where only a path is given */
export function ofRow([line, echo, probe]: Row): AdminRequest {
  const methodAndPath = /^[A-Z]+ /.test(line) ? line : `GET ${line}`;
  return {
    what: methodAndPath.slice(0, MAX_SHOWN_CHARACTERS),
    bytes: `${methodAndPath} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    status: { echo, 'load-probe': probe },
  };
}

/** A request that no service gets as far as to its routes. */
export function raw(what: string, bytes: string, status: number): AdminRequest {
  return { what, bytes, status: { echo: status, 'load-probe': status } };
}

/** Method and path, as the answer may repeat them. */
export function lineOf(bytes: string): { readonly method: string; readonly path: string } {
  const [, method = '', path = ''] = /^(\S+) (\S+)/.exec(bytes) ?? [];
  return { method, path };
}
