import { Beliefs, type Name } from './beliefs.ts';
import { type Cause, causeNames } from './causes.ts';
import type { Observation } from './evidence.ts';
import { type Experiment, experimentNames, experiments, type Need } from './experiments.ts';
import { mostTelling } from './next-experiment.ts';

/** A cause is named when it is at least as likely as this. */
export const CONFIDENCE = 0.97;
/** A cause is ruled out as the only one when that is at most as likely as this. */
const RULED_OUT = 0.001;
/** As long as a second cause is so likely, and not yet listed, experiments go on. */
const SUSPECTED = 0.1;
/** An experiment that tells less of the name is not worth its time. Bits. */
const LEAST_BITS = 0.001;

export interface Likely {
  readonly name: Name;
  /** 0 to 1 */
  readonly probability: number;
}

export interface Conclusion {
  readonly name: Name;
  /** How likely the name is, 0 to 1; of `unknown` that of the likeliest cause. */
  readonly confidence: number;
  /** Further causes that are there, in the order of the way of a packet. */
  readonly others: readonly Cause[];
  /** Of `unknown`: what it may be, the likeliest first. */
  readonly left: readonly Likely[];
  /** What can't be the cause alone. */
  readonly ruledOut: readonly Cause[];
  /** Of `healthy`: what no experiment that the target offers could have seen. */
  readonly untested: readonly Cause[];
}

/** Which experiment comes next, what their answers say of the causes, and when it is enough. Pure: others send and measure. */
export class Diagnosis {
  readonly #beliefs = new Beliefs();
  readonly #done = new Set<Experiment>();
  /** Nothing that the target offers tells more, however much time there is. */
  #isExhausted = false;

  /**
   * The experiment to do next; undefined where it is known what is wrong, or where nothing that can be done tells more.
   *
   * @param offers what the target and this host offer; it may grow as more is known
   * @param secondsLeft an experiment that takes longer is not begun
   */
  next(offers: ReadonlySet<Need>, secondsLeft = Number.POSITIVE_INFINITY): Experiment | undefined {
    if (this.#present().length > 0 && this.#suspected().length === 0) return undefined;
    const next = this.#mostTelling(offers, secondsLeft);
    this.#isExhausted = next === undefined && !this.hasMore(offers);
    return next;
  }

  /** Whether there is an experiment that would tell more, if there were time. */
  hasMore(offers: ReadonlySet<Need>): boolean {
    return this.#mostTelling(offers, Number.POSITIVE_INFINITY) !== undefined;
  }

  /** Takes the answers of an experiment in; those that it could not give are left out. */
  observe(experiment: Experiment, observations: readonly Observation[]): void {
    this.#done.add(experiment);
    for (const observation of observations) this.#beliefs.observe(observation);
  }

  get conclusion(): Conclusion {
    const ruledOut = causeNames.filter((cause) => this.#beliefs.aloneProbability(cause) <= RULED_OUT);
    const [first, ...others] = this.#present();
    if (first !== undefined) {
      const confidence = this.#beliefs.presence(first);
      return { name: first, confidence, others, left: [], ruledOut, untested: [] };
    }
    const { probability, untested } = this.#beliefs.healthyAsFarAsTested();
    if (this.#isExhausted && probability >= CONFIDENCE) {
      return { name: 'healthy', confidence: probability, others: [], left: [], ruledOut, untested };
    }
    const left = this.#likely();
    return {
      name: 'unknown',
      confidence: left[0]?.probability ?? 0,
      others: [],
      left,
      ruledOut,
      untested: [],
    };
  }

  #mostTelling(offers: ReadonlySet<Need>, secondsLeft: number): Experiment | undefined {
    const possible = experimentNames.filter((experiment) => {
      const { needs, seconds } = experiments[experiment];
      return !this.#done.has(experiment) && seconds <= secondsLeft && needs.every((need) => offers.has(need));
    });
    return mostTelling(this.#beliefs, possible, LEAST_BITS);
  }

  /** The faults that are there, in the order of the way of a packet. That there is none is known at the end only. */
  #present(): Cause[] {
    return causeNames.filter((cause) => cause !== 'healthy' && this.#beliefs.presence(cause) >= CONFIDENCE);
  }

  #suspected(): Cause[] {
    return causeNames.filter((cause) => {
      const presence = this.#beliefs.presence(cause);
      return presence >= SUSPECTED && presence < CONFIDENCE;
    });
  }

  #likely(): Likely[] {
    return causeNames
      .map((name) => ({ name, probability: this.#beliefs.presence(name) }))
      .filter(({ probability }) => probability >= SUSPECTED / 2)
      .sort((one, other) => other.probability - one.probability);
  }
}
