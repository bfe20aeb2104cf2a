import type { CauseSpec } from './cause-spec.ts';

/** The host and its service: where the way of a packet ends. */
export const causesOfHost = {
  host_down: {
    layer: 'host',
    means: 'nothing answers for the host',
    advice: 'see whether the host is up and has that address; the way to its network is there',
    weight: 1.5,
    predicts: {
      reply: { no_host: 0.9, no_answer: 0.05, no_connection: 0.05 },
      host: { no_host: 0.8, silent: 0.2 },
      other_protocol: { no_way: 0.8, silent: 0.2 },
    },
  },
  refused: {
    layer: 'service',
    means: 'the host is up and nothing listens on the port',
    advice: 'start the service, or correct the port: ss -lntu at the host',
    weight: 3,
    predicts: {
      reply: { refused: 1 },
      refuser: { itself: 0.5, near: 0.499, before_target: 0.001 },
      host: { answers: 0.8, silent: 0.2 },
      other_protocol: { refused: 0.8, silent: 0.15, serves: 0.05 },
    },
  },
  backlog_full: {
    layer: 'service',
    means: 'handshakes are not taken: the accept queue of the listener is full',
    advice: 'see at the host why the service accepts nothing: ss -lnt, its CPU, its limit of connections',
    weight: 0.7,
    predicts: {
      reply: { queue_full: 0.4, no_connection: 0.35, some_lost: 0.15, mixed: 0.08, unanswered: 0.02 },
      flows: { new_worse: 0.97, alike: 0.03 },
      host: { answers: 0.9, silent: 0.1 },
      other_protocol: { refused: 0.77, serves: 0.005, unanswered: 0.1, silent: 0.125 },
    },
  },
  accept_then_close: {
    layer: 'service',
    means: 'connections are taken and closed before an answer',
    advice: 'see whether a proxy in front has a backend, and the log of the service',
    weight: 1,
    predicts: { reply: { closed: 0.97, mixed: 0.03 }, host: { answers: 0.9, silent: 0.1 } },
  },
  stalled: {
    layer: 'service',
    means: 'requests are taken and never answered',
    advice: 'see at the host whether the service runs or hangs',
    weight: 1,
    predicts: {
      reply: { unanswered: 0.7, no_answer: 0.28, some_lost: 0.02 },
      host: { answers: 0.9, silent: 0.1 },
      other_protocol: { unanswered: 0.4, refused: 0.3, silent: 0.29, serves: 0.01 },
    },
  },
  slow_service: {
    layer: 'service',
    means: 'answers are late while the path is fast',
    advice: 'see at the host what the service waits for',
    weight: 1,
    predicts: {
      delay: { long_service: 1 },
      reply: { all: 0.945, unanswered: 0.005, some_lost: 0.05 },
      load_delay: { flat: 0.8, grows: 0.2 },
    },
  },
} as const satisfies Readonly<Record<string, CauseSpec>>;
