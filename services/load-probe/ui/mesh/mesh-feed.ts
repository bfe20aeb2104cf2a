import type { MeshDocument } from '../../src/monitor/mesh/types.ts';

/** The probe asks the others at most about so often. */
const INTERVAL_MS = 5_000;

export interface MeshState {
  readonly document: MeshDocument | null;
  /** Why the document is not of now; null where it is. */
  readonly problem: string | null;
}

/** The rows of the mesh, asked for while somebody looks. */
export class MeshFeed {
  readonly #url: string;
  readonly #changed: () => void;
  state: MeshState = { document: null, problem: null };
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(url: string, changed: () => void) {
    this.#url = url;
    this.#changed = changed;
  }

  /** To be called whenever the mesh is shown. */
  refresh(): void {
    if (this.#isAsking || performance.now() - this.#askedMs < INTERVAL_MS) return;
    this.#askedMs = performance.now();
    this.#isAsking = true;
    void this.#ask().then((state) => {
      this.#isAsking = false;
      this.state = state;
      this.#changed();
    });
  }

  async #ask(): Promise<MeshState> {
    try {
      const response = await fetch(this.#url);
      if (response.ok) return { document: await response.json(), problem: null };
      return { ...this.state, problem: `the probe answered ${response.status}` };
    } catch {
      return { ...this.state, problem: 'the probe did not answer' };
    }
  }
}
