import { systemClock as clock } from '../../sampling/clock.ts';
import { findAddresses } from '../../targets/discovery/find-peers.ts';
import type { Endpoint } from '../../targets/endpoint.ts';
import { hostPort } from '../../targets/target.ts';
import { STATUS_VERSION } from '../status/types.ts';
import { fetchRow } from './fetch-row.ts';
import type { MeshDocument, MeshProbe } from './types.ts';

const LOOKUP_TIMEOUT_MS = 2_000;
/** The matrix has a row for each; more can't be read. */
const MAX_PROBES = 100;
const MAX_AT_ONCE = 16;
/** However many pages are open, the probes are asked once in this time. */
const MIN_INTERVAL_MS = 4_000;

/**
 * Asks the probes of a mesh for their rows, when somebody wants to see them. A probe that is asked for its row asks no
 * other, so there is no loop.
 */
export class Mesh {
  readonly #endpoint: Endpoint;
  readonly #stop = new AbortController();
  #last: { readonly startMs: number; readonly document: Promise<MeshDocument> } | undefined;

  /** @param endpoint a name with the addresses of the probes, and their admin port */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  read(): Promise<MeshDocument> {
    const startMs = clock.now();
    if (this.#last === undefined || startMs - this.#last.startMs >= MIN_INTERVAL_MS) {
      this.#last = { startMs, document: this.#ask() };
    }
    return this.#last.document;
  }

  close(): void {
    this.#stop.abort(new Error('the probe is stopping'));
  }

  async #ask(): Promise<MeshDocument> {
    const { host, port } = this.#endpoint;
    const { signal } = this.#stop;
    const limits = { clock, timeoutMs: LOOKUP_TIMEOUT_MS, signal };
    const { addresses, problem = null } = await findAddresses(host, limits);
    const waiting = addresses.slice(0, MAX_PROBES);
    const probes: MeshProbe[] = [];
    const askNext = async (): Promise<void> => {
      for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
        probes.push(await fetchRow(address, port, signal));
      }
    };
    await Promise.all(Array.from({ length: MAX_AT_ONCE }, askNext));
    return {
      version: STATUS_VERSION,
      now: clock.epoch(),
      name: hostPort(host, port),
      problem,
      probes: once(probes.sort(byAddress)),
      omitted: Math.max(0, addresses.length - MAX_PROBES),
    };
  }
}

const byNumber = new Intl.Collator('en', { numeric: true });

function byAddress(one: MeshProbe, next: MeshProbe): number {
  return byNumber.compare(one.address, next.address);
}

/** A probe with several addresses once, by the first of them. */
function once(probes: readonly MeshProbe[]): MeshProbe[] {
  const seen = new Set<string>();
  return probes.filter(({ row }) => {
    if (!row || !seen.has(row.run)) {
      if (row) seen.add(row.run);
      return true;
    }
    return false;
  });
}
