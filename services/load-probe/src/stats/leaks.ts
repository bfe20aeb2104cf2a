import type { Outcome } from '../sampling/outcome.ts';

/** How many leaks are kept, the newest. */
const MAX_LEAKS = 100;

/**
 * A time in which samples got through to a target that must be blocked. Times are milliseconds since the Unix epoch. It
 * began after `notBefore` and ended before `notAfter`, where the nearest samples were blocked; null where there was none.
 */
export interface Leak {
  /** When the first answer came, and the last one. */
  readonly from: number;
  readonly to: number;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** How much earlier it may have begun or later ended; null where no sample was blocked before or after it. */
  readonly uncertaintyMs: number | null;
  /** Samples that got through. */
  readonly samples: number;
}

/** A sample of a target that must be blocked. */
export interface BlockedSample {
  /** When it was due, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: Outcome;
  readonly seen?: { readonly afterMs: number | undefined };
}

/** The leaks of one series. */
export class Leaks {
  #ended: readonly Leak[] = [];
  #open: Leak | undefined;
  #lastBlocked: number | null = null;

  /** Call in the order of due times. */
  add({ at, outcome, seen }: BlockedSample): void {
    if (outcome === 'leaked') this.#leaked(at + (seen?.afterMs ?? 0));
    if (outcome === 'blocked') this.#blocked(at);
  }

  /** Oldest first; the last one may not have ended. */
  get list(): Leak[] {
    return [...this.#ended, ...(this.#open ? [this.#open] : [])].slice(-MAX_LEAKS).map(rounded);
  }

  /** @param at the moment of the answer: of a request that was sent again, the first one may have been blocked */
  #leaked(at: number): void {
    const { from, notBefore, samples, to } = this.#open ?? {
      ...{ from: at, to: at, notBefore: this.#lastBlocked, samples: 0 },
    };
    const first = Math.min(from, at);
    this.#open = withUncertainty({
      from: first,
      to: Math.max(to, at),
      notBefore,
      notAfter: null,
      samples: samples + 1,
    });
  }

  #blocked(at: number): void {
    this.#lastBlocked = at;
    if (!this.#open) return;
    if (at < this.#open.from) {
      this.#open = withUncertainty({ ...this.#open, notBefore: at });
    } else if (at > this.#open.to) {
      this.#ended = [...this.#ended, withUncertainty({ ...this.#open, notAfter: at })].slice(-MAX_LEAKS);
      this.#open = undefined;
    }
  }
}

function withUncertainty(leak: Omit<Leak, 'uncertaintyMs'>): Leak {
  const { from, notAfter, notBefore, to } = leak;
  const uncertaintyMs =
    notBefore === null || notAfter === null ? null : Math.max(from - notBefore, notAfter - to);
  return { ...leak, uncertaintyMs };
}

function rounded(leak: Leak): Leak {
  const round = (ms: number | null): number | null => ms && Math.round(ms);
  const { from, notAfter, notBefore, samples, to, uncertaintyMs } = leak;
  return {
    from: Math.round(from),
    to: Math.round(to),
    notBefore: round(notBefore),
    notAfter: round(notAfter),
    uncertaintyMs: round(uncertaintyMs),
    samples,
  };
}
