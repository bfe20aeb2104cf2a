/** Samples that were lost, of all. */
export interface Losses {
  readonly lost: number;
  readonly of: number;
}

/** Ways on which nothing is wrong lose this share at most: what a run of some hundred samples can't resolve. */
const NOISE_LOSS = 0.002;
/** Where all is lost, a reply is an exception. */
const EXCEPTIONS = 0.005;
/** A loss that is worth a name is between these shares. */
const [LEAST, MOST] = [0.01, 0.97];
const STEPS = 64;

/** How likely it is to lose so many where nothing, a part, or all is lost. */
export interface LossLikelihoods {
  readonly nothing: number;
  readonly part: number;
  readonly all: number;
}

export function lossLikelihoods({ lost, of }: Losses): LossLikelihoods {
  return {
    nothing: binomial(lost, of, NOISE_LOSS),
    part: meanOverShares((share) => binomial(lost, of, share)),
    all: binomial(lost, of, 1 - EXCEPTIONS),
  };
}

/** How likely it is to lose so many on each of two sides: with one share for both, or the one or the other worse. */
export interface ContrastLikelihoods {
  readonly alike: number;
  readonly firstWorse: number;
  readonly secondWorse: number;
}

/** Worse is by this much at least, or the difference is not worth a name. */
const LEAST_DIFFERENCE = 0.15;

/** Shares that count as worse on one side, and those of the other side then. */
export interface ContrastLimits {
  readonly worseFrom?: number;
  readonly betterUpTo?: number;
}

export function contrastLikelihoods(
  first: Losses,
  second: Losses,
  { betterUpTo = 1, worseFrom = 0 }: ContrastLimits = {},
): ContrastLikelihoods {
  const shares = [NOISE_LOSS, ...steps(), 1 - EXCEPTIONS];
  let worse = { first: 0, second: 0, pairs: 0 };
  for (const one of shares) {
    for (const other of shares) {
      if (one - other < LEAST_DIFFERENCE || one < worseFrom || other > betterUpTo) continue;
      const { pairs } = worse;
      worse = {
        first: worse.first + both(first, one, second, other),
        second: worse.second + both(first, other, second, one),
        pairs: pairs + 1,
      };
    }
  }
  return {
    // Most often nothing is lost on either side.
    alike:
      both(first, NOISE_LOSS, second, NOISE_LOSS) / 2 +
      shares.reduce((sum, share) => sum + both(first, share, second, share), 0) / shares.length / 2,
    firstWorse: worse.first / worse.pairs,
    secondWorse: worse.second / worse.pairs,
  };
}

function both(first: Losses, firstShare: number, second: Losses, secondShare: number): number {
  return binomial(first.lost, first.of, firstShare) * binomial(second.lost, second.of, secondShare);
}

function steps(): number[] {
  return Array.from({ length: STEPS }, (_, index) => LEAST + ((MOST - LEAST) * (index + 0.5)) / STEPS);
}

function meanOverShares(likelihood: (share: number) => number): number {
  return steps().reduce((sum, share) => sum + likelihood(share), 0) / STEPS;
}

/** Up to the factor that all shares have in common. */
function binomial(count: number, of: number, share: number): number {
  return share ** count * (1 - share) ** (of - count);
}
