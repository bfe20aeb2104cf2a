/** Promises of one scenario; those that did not hold are kept as sentences. */
export class Promises {
  readonly broken: string[] = [];

  /** @param promise a sentence that says what is promised; `seen` is what was there instead */
  expect(holds: boolean, promise: string, seen: unknown = undefined): void {
    if (!holds) this.broken.push(seen === undefined ? promise : `${promise} Seen: ${describe(seen)}.`);
  }

  equal<T>(seen: T, wanted: T, what: string): void {
    this.expect(Object.is(seen, wanted), `${what} must be ${describe(wanted)}.`, seen);
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
