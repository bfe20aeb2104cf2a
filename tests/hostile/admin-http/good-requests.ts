import { readPageFiles } from '../../../services/load-probe/src/monitor/status/page-files.ts';
import { type AdminRequest, ofRow, type Row } from './admin-request.ts';

/** All that a target or the probe serves to everybody, without the event stream. */
const ROWS: readonly Row[] = [
  ['/livez', 200, 200],
  ['/readyz', 200, 200],
  ['/readyz?verbose', 200, 200],
  ['/metrics', 200, 200],
  ['/version', 200, 200],
  ['/faults', 200, 404],
  ['/faults/echo-tcp', 200, 404],
  ['DELETE /faults/echo-udp', 200, 404],
  ['/api/targets', 404, 200],
];

/** @param target the id of one that the probe watches */
export async function goodRequests(target: string): Promise<readonly AdminRequest[]> {
  const id = encodeURIComponent(target);
  const files = await readPageFiles();
  return [
    ...ROWS,
    [`/api/targets/${id}`, 404, 200] as const,
    [`/api/targets/${id}?span=1h&buckets=60`, 404, 200] as const,
    ...files.map(({ path }) => [path, 404, 200] as const),
  ].map(ofRow);
}
