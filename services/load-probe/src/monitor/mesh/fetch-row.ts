import { hostPort } from '../../targets/target.ts';
import { readRow } from './row.ts';
import type { MeshProbe } from './types.ts';

const TIMEOUT_MS = 2_000;
/** A row has some 200 bytes for each cell. */
const MAX_ROW_BYTES = 1024 ** 2;

/** Asks one probe for its row, which it knows by itself. */
export async function fetchRow(address: string, port: number, stop: AbortSignal): Promise<MeshProbe> {
  const remote = hostPort(address, port);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(`http://${remote}/api/row`, {
      redirect: 'error',
      signal: AbortSignal.any([stop, timeout]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return { address, problem: `${remote} answered ${response.status} to GET /api/row` };
    }
    const text = await readText(response);
    if (text === undefined) return { address, problem: `${remote} sent more than ${MAX_ROW_BYTES} bytes` };
    const row = readRow(text);
    return row ? { address, row } : { address, problem: `${remote} sent what is no row of a load probe` };
  } catch (error) {
    if (timeout.aborted) return { address, problem: `${remote} did not answer within ${TIMEOUT_MS} ms` };
    const { cause, message } = error as Error & { readonly cause?: NodeJS.ErrnoException };
    return { address, problem: `${remote} can't be asked: ${cause?.code ?? message}` };
  }
}

/** Undefined where it is too long. */
async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ROW_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
