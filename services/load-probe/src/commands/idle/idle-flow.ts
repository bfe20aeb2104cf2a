/** How a flow ended. The set is closed: it is part of the JSON report. */
export type Cause =
  | 'fin'
  | 'reset'
  /** Nothing came back, not even an error. */
  | 'silent'
  | 'unreachable'
  | 'refused'
  /** Something else came back. */
  | 'wrong_answer';

export interface Death {
  readonly cause: Cause;
  /** Whether it was found out by asking; else the end came by itself, at that very time. */
  readonly whenAsked: boolean;
  /** What happened, with the address. */
  readonly detail: string;
}

/** What became of a flow that was left alone. */
export interface IdleOutcome {
  /** How long it had been idle, milliseconds. */
  readonly idleMs: number;
  /** None when it gave the right answer. */
  readonly death?: Death;
}

/** A flow that is left alone, and asked now and then whether it still works. */
export interface IdleFlow {
  /** When it died while nobody asked. */
  readonly died: Promise<IdleOutcome>;
  /** One exchange, after which the flow is idle again. Closing the flow meanwhile counts as an answer. */
  ask(timeoutMs: number): Promise<IdleOutcome>;
  close(): void;
}
