/** How a flow died. These names are part of the JSON report. */
export type Cause =
  | 'fin'
  | 'reset'
  /** No reply and no error. */
  | 'silent'
  | 'unreachable'
  | 'refused'
  /** The reply had other bytes than expected. */
  | 'wrong_answer';

export interface Death {
  readonly cause: Cause;
  /** True when a request showed that the flow was dead; false when a FIN, reset or error ended it while idle. */
  readonly whenAsked: boolean;
  /** What happened, with the address. */
  readonly detail: string;
}

/** The result of one idle flow. */
export interface IdleOutcome {
  /** How long it had been idle, milliseconds. */
  readonly idleMs: number;
  /** Undefined when the flow gave the right reply. */
  readonly death?: Death;
}

/** A flow that is left idle, and then gets a request that shows whether it still works. */
export interface IdleFlow {
  /** Resolves when the flow dies while it is idle. */
  readonly died: Promise<IdleOutcome>;
  /** One exchange, after which the flow is idle again. Closing the flow during the exchange counts as a right reply. */
  ask(timeoutMs: number): Promise<IdleOutcome>;
  close(): void;
}
