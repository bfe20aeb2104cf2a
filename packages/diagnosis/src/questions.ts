/** What is asked, and what can come out. */
interface QuestionSpec {
  /** In words, after "whether". */
  readonly whether: string;
  /** From the harmless to the worst: of two faults the worse one is seen. */
  readonly outcomes: readonly string[];
  /** How often each outcome comes out where nothing is wrong; together 1. */
  readonly usual: Readonly<Record<string, number>>;
}

/** Every question that an experiment can answer. A question has one outcome; all outcomes are known. */
export const questions = {
  prober: {
    whether: 'the probe itself was on time',
    outcomes: ['on_time', 'late'],
    usual: { on_time: 1 },
  },
  name: {
    whether: 'the name has addresses',
    outcomes: ['answered', 'in_part', 'no_answer', 'no_address'],
    usual: { answered: 1 },
  },
  addresses: {
    whether: 'each address of the name works',
    outcomes: ['alike', 'some_dead'],
    usual: { alike: 1 },
  },
  reply: {
    whether: 'samples over new flows are answered',
    outcomes: [
      'all',
      'some_lost',
      /** Answers beside failures that are no loss. */
      'mixed',
      /** TCP: connected, then closed or reset. */
      'closed',
      /** TCP: connected, then silence. */
      'unanswered',
      /** The kernel of this host says that the accept queue is full. */
      'queue_full',
      /** By the host itself, as far as is known. */
      'refused',
      /** By a router or a filter. */
      'rejected',
      /** The last router says, after a wait, that the host does not answer for its address. */
      'no_host',
      /** UDP: silence. */
      'no_answer',
      /** TCP: silence, so no connection. */
      'no_connection',
      /** A router, or this host, says at once that there is no way. */
      'no_route',
    ],
    usual: { all: 1 },
  },
  content: {
    whether: 'answers are what they should be',
    outcomes: ['right', 'changed'],
    usual: { right: 1 },
  },
  copies: {
    whether: 'answers come once',
    outcomes: ['single', 'repeated'],
    usual: { single: 1 },
  },
  order: {
    whether: 'answers of a flow keep their order',
    outcomes: ['kept', 'changed'],
    usual: { kept: 1 },
  },
  delay: {
    whether: 'answers are fast, and where the time goes',
    outcomes: ['short', 'long_service', 'long_path'],
    usual: { short: 1 },
  },
  flows: {
    whether: 'a flow that lasts fares as new ones do',
    outcomes: ['alike', 'old_worse', 'new_worse'],
    usual: { alike: 1 },
  },
  host: {
    whether: 'other ports of the host answer',
    outcomes: ['answers', 'silent', 'no_host', 'no_route'],
    // A firewall that drops what it does not know is usual too.
    usual: { answers: 0.75, silent: 0.25 },
  },
  other_protocol: {
    whether: 'the same port answers over the other protocol',
    outcomes: ['serves', 'unanswered', 'refused', 'silent', 'no_way'],
    usual: { serves: 0.5, refused: 0.3, silent: 0.2 },
  },
  refuser: {
    whether: 'the host itself refuses',
    outcomes: [
      'itself',
      /** The host, or the last router before it: a packet gets as far to be refused. */
      'near',
      'before_target',
    ],
    usual: { itself: 0.5, near: 0.5 },
  },
  ports: {
    whether: 'all source ports fare alike',
    outcomes: ['alike', 'some_lossy', 'some_dead'],
    usual: { alike: 1 },
  },
  sizes: {
    whether: 'large packets arrive',
    outcomes: ['all_return', 'reported', 'large_lost'],
    // A narrower link on the way is no fault where a router says so.
    usual: { all_return: 0.9, reported: 0.1 },
  },
  rate: {
    whether: 'the loss depends on the rate',
    outcomes: ['alike', 'lost_above'],
    usual: { alike: 1 },
  },
  load_delay: {
    whether: 'the round trip grows with the rate',
    outcomes: ['flat', 'grows'],
    usual: { flat: 1 },
  },
  idle: {
    whether: 'a flow survives to be idle',
    outcomes: ['lives', 'cut'],
    usual: { lives: 1 },
  },
  dscp: {
    whether: 'marked packets fare as unmarked ones do',
    outcomes: ['alike', 'marked_worse'],
    usual: { alike: 1 },
  },
  syn: {
    whether: 'SYNs arrive as they were sent',
    outcomes: ['as_sent', 'clamped', 'rebuilt'],
    usual: { as_sent: 0.85, clamped: 0.15 },
  },
  direction: {
    whether: 'requests or replies are lost',
    outcomes: ['none', 'forward', 'return', 'both'],
    usual: { none: 1 },
  },
} as const satisfies Readonly<Record<string, QuestionSpec>>;

export type Question = keyof typeof questions;
export type OutcomeOf<Q extends Question> = (typeof questions)[Q]['outcomes'][number];

/** How often each outcome comes out, together 1; what is not named comes out by noise alone. */
export type Prediction<Q extends Question = Question> = { readonly [Outcome in OutcomeOf<Q>]?: number };
export type Predictions = { readonly [Q in Question]?: Prediction<Q> };

export const questionNames = Object.keys(questions) as Question[];

export function outcomesOf(question: Question): readonly string[] {
  return questions[question].outcomes;
}
