/** `forward`: the reflector did not receive the request. `return`: it did, and its reply was lost. */
export const lossDirections = ['forward', 'return'] as const;
export type LossDirection = (typeof lossDirections)[number];

/**
 * What became of a request. `absent`: it is known not to have reached the reflector, and is no loss. `unknown`: it may have,
 * and is no loss either.
 */
export type RequestEnd = 'answered' | 'lost' | 'absent' | 'unknown';

/** A number of the reflector that no reply had, so far. */
interface OpenSlot {
  readonly slot: number;
  /** Its request is later than `after - window` and earlier than `before + window`. */
  readonly after: number;
  readonly before: number;
}

interface LossDirectionsOptions {
  /** A request overtakes fewer than this many earlier ones; 1 = requests keep their order. */
  readonly window: number;
  found(direction: LossDirection): void;
}

/**
 * Tells in which direction samples of one flow were lost. The reflector numbers what it receives, so a number that no reply
 * had is that of a lost reply. Each such number takes the oldest lost sample that it may belong to, and a lost sample that is
 * too old for all numbers to come was lost on the way to the reflector. So the counts are exact, though with losses in both
 * directions at once not which sample it was.
 *
 * A reflector that restarts counts from 0 again, and may have counted anything before. What is lost around a reply that can be
 * the first after a restart has no direction.
 */
export class LossDirections {
  readonly #options: LossDirectionsOptions;
  readonly #ends = new Map<number, RequestEnd>();
  /** Numbers of the replies to requests that are not settled in order yet: several where a request was duplicated. */
  readonly #replies = new Map<number, number[]>();
  /** The first request that is not settled. */
  #next = 0;
  /** The greatest number of the reflector, and the last request with a reply. */
  #top = -1;
  #lastAnswered = -1;
  #lost: number[] = [];
  #open: OpenSlot[] = [];
  /** Numbers above `#top` that replies to settled requests had. */
  #early = new Set<number>();
  /** The request whose reply was the first that may be from after a restart. */
  #begin = 0;
  /** Requests before this one may have any number. */
  #voidEnd = 0;

  constructor(options: LossDirectionsOptions) {
    this.#options = options;
  }

  /**
   * A reply to a request was received, the first or another one.
   *
   * @param request requests count from 0
   * @param slot the number of the reflector
   */
  replied(request: number, slot: number): void {
    if (request >= this.#next) {
      const slots = this.#replies.get(request);
      if (slots === undefined) this.#replies.set(request, [slot]);
      else if (!slots.includes(slot)) slots.push(slot);
      return;
    }
    this.#lost = this.#lost.filter((lost) => lost !== request);
    if (request < this.#begin) return;
    if (slot > this.#top) this.#early.add(slot);
    else this.#open = this.#open.filter((open) => open.slot !== slot);
  }

  /** To be called once for each request. */
  settled(request: number, end: RequestEnd): void {
    this.#ends.set(request, end);
    for (;;) {
      const next = this.#ends.get(this.#next);
      if (next === undefined) return;
      this.#ends.delete(this.#next);
      this.#settle(this.#next, next);
      this.#next += 1;
    }
  }

  #settle(request: number, end: RequestEnd): void {
    const slots = this.#replies.get(request) ?? [];
    this.#replies.delete(request);
    // A reply that came too late to be counted shows that the request was received.
    if (slots.length === 0) {
      if (end === 'lost') this.#lost.push(request);
      else if (end !== 'absent') this.#forgetBefore(request + 1);
    } else {
      for (const slot of slots.sort((one, other) => one - other)) this.#number(request, slot);
      this.#lastAnswered = Math.max(this.#lastAnswered, request);
    }
    this.#match(request);
  }

  #number(request: number, slot: number): void {
    const { window } = this.#options;
    /** Requests that a reflector may have received since the last reply, this one left out. */
    const between = Math.max(0, request - this.#lastAnswered - 1) + 2 * (window - 1);
    if (slot <= between || slot - this.#top - 1 > between) {
      this.#restart(request, slot);
      return;
    }
    if (slot <= this.#top) {
      const index = this.#open.findIndex((open) => open.slot === slot);
      if (index < 0) this.#restart(request, slot);
      else this.#open.splice(index, 1);
      return;
    }
    for (let missing = this.#top + 1; missing < slot; missing += 1) {
      if (this.#early.delete(missing)) continue;
      this.#open.push({ slot: missing, after: this.#lastAnswered, before: request });
    }
    this.#early.delete(slot);
    this.#top = slot;
  }

  /** Begins again at a reply: nothing is known of the numbers before. */
  #restart(request: number, slot: number): void {
    this.#open = [];
    this.#early.clear();
    this.#top = slot;
    this.#begin = request;
    this.#forgetBefore(this.#reach(request));
  }

  /** The first request that can't have overtaken, nor been sent before, a request with a reply. */
  #reach(request: number): number {
    const { window } = this.#options;
    return window === 1 ? request : request + window;
  }

  #forgetBefore(request: number): void {
    this.#voidEnd = Math.max(this.#voidEnd, request);
    this.#lost = this.#lost.filter((lost) => lost >= this.#voidEnd);
  }

  /** @param settled all requests up to this one are */
  #match(settled: number): void {
    const { found, window } = this.#options;
    let [first] = this.#open;
    while (first && first.before + window - 1 <= settled) {
      this.#open.shift();
      this.#releaseUntil(first.after - window);
      if (this.#lost[0] !== undefined && this.#lost[0] < first.before + window) {
        this.#lost.shift();
        // It may as well belong to a request that may have any number: then the lost sample has no direction.
        if (this.#voidEnd - 1 <= first.after - window) found('return');
      }
      [first] = this.#open;
    }
    this.#releaseUntil((first?.after ?? this.#lastAnswered) - window);
  }

  /** What was lost up to a request is too old for all numbers to come. */
  #releaseUntil(request: number): void {
    while (this.#lost[0] !== undefined && this.#lost[0] <= request) {
      if (this.#lost.shift()! >= this.#voidEnd) this.#options.found('forward');
    }
  }
}
