import type { Question } from './questions.ts';

/** What an experiment needs of the target and of this host. What is not there makes a diagnosis less exact, never wrong. */
export const needs = [
  /** The host is a name. */
  'name',
  /** There is an address to send to. */
  'address',
  /** The name has more than one. */
  'several_addresses',
  /** At least some samples are answered. */
  'replies',
  /** Samples are refused. */
  'refusal',
  /** The protocol has many exchanges in a flow. */
  'lasting_flow',
  /** The source port can be chosen. */
  'source_ports',
  /** The length of a message can be chosen. */
  'sizes',
  /** Packets can be marked. */
  'marks',
  /** The time to live can be chosen. */
  'ttl',
  /** The target tells of the SYN that it received. */
  'syn',
  /** A reflector tells what it received. */
  'reflector',
  /** The host has the other transport protocol at the same port, or could have. */
  'other_protocol',
] as const;
export type Need = (typeof needs)[number];

export interface ExperimentSpec {
  readonly varies: string;
  readonly holds: string;
  /** About how long it takes. */
  readonly seconds: number;
  readonly needs: readonly Need[];
  readonly asks: readonly Question[];
}

/** Every experiment: what it varies, what it holds, what it answers. */
export const experiments = {
  lookup: {
    varies: 'the address family',
    holds: 'the name',
    seconds: 0.2,
    needs: ['name'],
    asks: ['name'],
  },
  fresh: {
    varies: 'the source port',
    holds: 'address, size and a low rate',
    seconds: 2,
    needs: ['address'],
    asks: ['prober', 'reply', 'content', 'copies'],
  },
  addresses: {
    varies: 'the address',
    holds: 'protocol, port and size',
    seconds: 1.5,
    needs: ['several_addresses'],
    asks: ['addresses'],
  },
  neighbours: {
    varies: 'the port of the host',
    holds: 'the address',
    seconds: 1.5,
    needs: ['address'],
    asks: ['host'],
  },
  other_protocol: {
    varies: 'TCP or UDP',
    holds: 'address and port',
    seconds: 1.5,
    needs: ['address', 'other_protocol'],
    asks: ['other_protocol'],
  },
  refuser: {
    varies: 'how far a request gets',
    holds: 'address, port and protocol',
    seconds: 1.5,
    needs: ['refusal', 'ttl'],
    asks: ['refuser'],
  },
  timing: {
    varies: 'who answers: the service, or the host alone',
    holds: 'address, size and a low rate',
    seconds: 1,
    needs: ['replies'],
    asks: ['delay'],
  },
  flows: {
    varies: 'a new flow for each sample, or one for all',
    holds: 'address, size and rate',
    seconds: 2.5,
    needs: ['replies', 'lasting_flow'],
    asks: ['flows'],
  },
  ports: {
    varies: 'the source port, each many times',
    holds: 'address, size and rate',
    seconds: 4,
    needs: ['replies', 'source_ports'],
    asks: ['ports'],
  },
  sizes: {
    varies: 'the size of a packet, not to be divided',
    holds: 'address and flow',
    seconds: 2,
    needs: ['replies', 'sizes'],
    asks: ['sizes'],
  },
  rate: {
    varies: 'the rate, in steps',
    holds: 'address, size and flow',
    seconds: 4,
    needs: ['replies', 'lasting_flow'],
    asks: ['rate', 'load_delay', 'order'],
  },
  dscp: {
    varies: 'the mark of the packets',
    holds: 'address, size and rate',
    seconds: 2,
    needs: ['replies', 'marks'],
    asks: ['dscp'],
  },
  syn: {
    varies: 'nothing: the target tells what it received',
    holds: 'address and port',
    seconds: 0.5,
    needs: ['replies', 'syn'],
    asks: ['syn'],
  },
  direction: {
    varies: 'nothing: the reflector tells what it received',
    holds: 'address, size, flow and rate',
    seconds: 3,
    needs: ['reflector'],
    asks: ['direction'],
  },
  idle: {
    varies: 'how long a flow is idle',
    holds: 'address and size',
    seconds: 11,
    needs: ['replies', 'lasting_flow'],
    asks: ['idle'],
  },
} as const satisfies Readonly<Record<string, ExperimentSpec>>;

export type Experiment = keyof typeof experiments;
export const experimentNames = Object.keys(experiments) as Experiment[];
