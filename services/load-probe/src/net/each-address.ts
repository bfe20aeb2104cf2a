import type { IpAddress } from '@echo-daytime/addresses';
import { type Clock, onDeadline } from '../sampling/clock.ts';
import { hostPort } from '../targets/target.ts';
import type { FlowFailure } from './failure.ts';

/** How long an address is tried alone before the next one is tried in parallel; RFC 8305, section 8, recommends this. */
const ATTEMPT_DELAY_MS = 250;

interface Detailed {
  /** The message, with the address. */
  readonly detail: string;
}

export interface Failed<Failure extends Detailed = FlowFailure> {
  readonly failure: Failure;
}

/** An address that failed. */
export interface FailedAddress extends Failed<Detailed> {
  readonly address: IpAddress;
}

/** How one address is tried. */
export interface AddressAttempt<Opened extends object, Failure extends Detailed = FlowFailure> {
  readonly port: number;
  /** @param isOnly there is no other address */
  open(address: IpAddress, signal: AbortSignal, isOnly: boolean): Promise<Opened | Failed<Failure>>;
  /** Closes a flow that is not needed, because another address was faster. */
  discard?(opened: Opened): void;
  /**
   * The failure of an address that was still silent when a later address worked.
   *
   * @param remote `host:port`
   */
  silence(remote: string, waitedMs: number): Detailed;
}

export interface AttemptLimits {
  readonly clock: Clock;
  /** Milliseconds of the clock. Every address is begun before this time. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** The first address is known to work: the next one is tried when the first fails, but not while it is silent. */
  readonly isFirstKnown?: boolean;
}

export type EachAddressResult<Opened extends object, Failure extends Detailed = FlowFailure> =
  /** The flow to the first address that worked, and the addresses before it, which failed. */
  | { readonly opened: Opened; readonly failed: readonly FailedAddress[]; readonly failure?: never }
  /** The failure of the first address, with the details of all. */
  | ({ readonly opened?: never; readonly failed?: never } & Failed<Failure>);

/**
 * Tries addresses as RFC 8305 says, alternating the families. The next address is tried when the previous one has failed
 * or been silent for a while, in parallel with those under way.
 *
 * @throws the signal's reason when aborted
 */
export async function eachAddress<Opened extends object, Failure extends Detailed = FlowFailure>(
  addresses: readonly IpAddress[],
  attempt: AddressAttempt<Opened, Failure>,
  limits: AttemptLimits,
): Promise<EachAddressResult<Opened, Failure>> {
  const [only] = addresses;
  if (!only || addresses.length > 1) return new AddressRace(addresses, attempt, limits).result;
  const opened = await attempt.open(only, limits.signal, true);
  return hasFailed(opened) ? opened : { opened, failed: [] };
}

export function hasFailed<Opened extends object, Failure extends Detailed>(
  result: Opened | Failed<Failure>,
): result is Failed<Failure> {
  return 'failure' in result;
}

/** The addresses that failed while another one worked, for the detail of a sample or a note; empty when none failed. */
export function failedDetail(failed: readonly FailedAddress[]): string {
  if (failed.length === 0) return '';
  const which = failed.length === 1 ? 'an address' : `${failed.length} addresses`;
  return `${which} failed while another worked: ${failed.map(({ failure }) => failure.detail).join('; ')}`;
}

/** The same as JSON, in the shape of `check`. */
export function failedDocument(failed: readonly FailedAddress[] = []): object[] {
  return failed.map(({ address: { address }, failure }) => ({ address, count: 1, detail: failure.detail }));
}

/** Alternates the families (RFC 8305, section 4), so that a family without a path delays the other by one attempt only. */
export function alternateFamilies(addresses: readonly IpAddress[]): IpAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const pairs = first.flatMap((address, index) => [address, ...other.slice(index, index + 1)]);
  return [...pairs, ...other.slice(first.length)];
}

interface BegunAttempt<Failure> {
  readonly address: IpAddress;
  readonly startMs: number;
  readonly aborting: AbortController;
  failure?: Failure;
}

class AddressRace<Opened extends object, Failure extends Detailed> {
  readonly #attempt: AddressAttempt<Opened, Failure>;
  readonly #limits: AttemptLimits;
  readonly #delayMs: number;
  readonly #waiting: IpAddress[];
  readonly #begun: BegunAttempt<Failure>[] = [];
  readonly #result = Promise.withResolvers<EachAddressResult<Opened, Failure>>();
  #cancelDelay = (): void => {};
  #isOver = false;

  constructor(
    addresses: readonly IpAddress[],
    attempt: AddressAttempt<Opened, Failure>,
    limits: AttemptLimits,
  ) {
    const { clock, deadlineMs, signal } = limits;
    this.#attempt = attempt;
    this.#limits = limits;
    this.#delayMs = Math.min(ATTEMPT_DELAY_MS, (deadlineMs - clock.now()) / addresses.length);
    this.#waiting = alternateFamilies(addresses);
    signal.addEventListener('abort', this.#abort);
    if (signal.aborted) this.#abort();
    else this.#beginNext();
  }

  get result(): Promise<EachAddressResult<Opened, Failure>> {
    return this.#result.promise;
  }

  readonly #abort = (): void => {
    this.#end();
    this.#result.reject(this.#limits.signal.reason);
  };

  #beginNext(): void {
    this.#cancelDelay();
    const address = this.#waiting.shift();
    if (!address) return;
    const { clock, isFirstKnown = false } = this.#limits;
    const attempt: BegunAttempt<Failure> = { address, startMs: clock.now(), aborting: new AbortController() };
    this.#begun.push(attempt);
    this.#attempt.open(address, attempt.aborting.signal, false).then(
      (result) => this.#ended(attempt, result),
      (error) => this.#broken(error),
    );
    if (this.#waiting.length === 0 || (isFirstKnown && this.#begun.length === 1)) return;
    this.#cancelDelay = onDeadline(clock, clock.now() + this.#delayMs, () => this.#beginNext());
  }

  #ended(attempt: BegunAttempt<Failure>, result: Opened | Failed<Failure>): void {
    if (!hasFailed(result)) {
      if (this.#isOver) this.#attempt.discard?.(result);
      else this.#succeed(attempt, result);
      return;
    }
    if (this.#isOver) return;
    attempt.failure = result.failure;
    const { clock, deadlineMs } = this.#limits;
    if (this.#waiting.length > 0 && clock.now() < deadlineMs) this.#beginNext();
    else if (this.#begun.every(({ failure }) => failure)) this.#fail();
  }

  #succeed(attempt: BegunAttempt<Failure>, opened: Opened): void {
    this.#end(attempt);
    const before = this.#begun.slice(0, this.#begun.indexOf(attempt));
    const failed = before.map(({ address, failure, startMs }) => {
      const waitedMs = Math.round(this.#limits.clock.now() - startMs);
      const remote = hostPort(address.address, this.#attempt.port);
      return { address, failure: failure ?? this.#attempt.silence(remote, waitedMs) };
    });
    this.#result.resolve({ opened, failed });
  }

  #fail(): void {
    this.#end();
    const [first] = this.#begun;
    if (!first?.failure) throw new Error('a lookup that succeeds has at least one address');
    const detail = this.#begun.map(({ failure }) => failure?.detail).join('; ');
    this.#result.resolve({ failure: { ...first.failure, detail } });
  }

  /** An error of the probe itself. */
  #broken(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#result.reject(error);
  }

  /** Aborts the attempts that are still under way. */
  #end(best?: BegunAttempt<Failure>): void {
    this.#isOver = true;
    this.#cancelDelay();
    this.#limits.signal.removeEventListener('abort', this.#abort);
    for (const attempt of this.#begun) if (attempt !== best && !attempt.failure) attempt.aborting.abort();
  }
}
