import { type Fault, type FaultName, type FaultSet, faultNames } from '@echo-daytime/worker';
import { duration } from '../config/keys.ts';

export type ListenerProtocol = 'tcp' | 'udp';

/** Faults that have a duration beside their probability. */
const timed: readonly FaultName[] = ['delay', 'jitter'];
/** Faults that datagrams can't have, each with the closest alternative. */
const tcpOnly: Readonly<Partial<Record<FaultName, string>>> = {
  reset: 'a datagram has no connection to reset; use loss',
  stall: 'a datagram has no connection to stall; use loss with probability 1',
  refuse: 'a datagram has no connection to refuse; use loss with probability 1',
};
/** Longer than any client of these protocols waits, and half of the default IDLE_TIMEOUT. */
const MAX_WAIT_MS = 60_000;
const MAX_SHOWN_CHARACTERS = 60;
const EXAMPLE = '{"delay":{"duration":"50ms"},"loss":{"probability":0.2}}';

export type ReadFaults =
  | { readonly faults: FaultSet }
  /** Every problem at once, each a sentence that names the field, the value and what is allowed. */
  | { readonly problems: readonly string[] };

/** Faults that a listener of this protocol can have. */
export function faultsOf(protocol: ListenerProtocol): readonly FaultName[] {
  return protocol === 'tcp' ? faultNames : faultNames.filter((name) => tcpOnly[name] === undefined);
}

/** Reads the faults of a request's body. Probability 0 is the same as leaving the fault out. */
export function readFaults(body: unknown, protocol: ListenerProtocol): ReadFaults {
  if (!isObject(body)) {
    return { problems: [`the body is ${shown(body)}; it must be an object of faults, such as ${EXAMPLE}`] };
  }
  const problems: string[] = [];
  const read: [FaultName, Fault][] = [];
  for (const [name, value] of Object.entries(body)) {
    const fault = faultNames.find((candidate) => candidate === name);
    const instead = protocol === 'udp' && fault ? tcpOnly[fault] : undefined;
    if (!fault) {
      problems.push(`${shown(name)} is not a fault; there are ${faultsOf(protocol).join(', ')}`);
    } else if (instead !== undefined) {
      problems.push(`${fault} is not a fault of UDP: ${instead}`);
    } else {
      read.push([fault, readFault(fault, value, problems)]);
    }
  }
  if (problems.length > 0) return { problems };
  return { faults: Object.fromEntries(read.filter(([, { probability }]) => probability > 0)) };
}

/** The set as `readFaults` takes it. */
export function describeFaults(faults: FaultSet): Record<string, unknown> {
  const known = faultNames.flatMap((name) => {
    const fault = faults[name];
    if (!fault) return [];
    const { ms, probability } = fault;
    return [[name, timed.includes(name) ? { duration: `${ms}ms`, probability } : { probability }]];
  });
  return Object.fromEntries(known);
}

function readFault(name: FaultName, value: unknown, problems: string[]): Fault {
  const fields = timed.includes(name) ? ['duration', 'probability'] : ['probability'];
  if (!isObject(value)) {
    const example = timed.includes(name) ? '{"duration":"50ms"}' : '{"probability":0.2}';
    problems.push(`${name} is ${shown(value)}; it must be an object such as ${example}`);
    return { probability: 0, ms: 0 };
  }
  for (const field of Object.keys(value).filter((key) => !fields.includes(key))) {
    problems.push(`${name} has no ${shown(field)}; it has ${fields.join(' and ')}`);
  }
  return {
    probability: readProbability(name, value.probability, problems),
    ms: timed.includes(name) ? readDuration(name, value.duration, problems) : 0,
  };
}

function readProbability(name: FaultName, value: unknown = 1, problems: string[]): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  problems.push(`${name}.probability is ${shown(value)}; it must be a number from 0 to 1, such as 0.2`);
  return 0;
}

function readDuration(name: FaultName, value: unknown, problems: string[]): number {
  const ms = typeof value === 'string' ? millisecondsOf(value) : 0;
  if (ms > 0 && ms <= MAX_WAIT_MS) return ms;
  const given = value === undefined ? 'missing' : shown(value);
  problems.push(`${name}.duration is ${given}; it must be a duration from "1ms" to "60s", such as "50ms"`);
  return 0;
}

const written = duration('0s', '');

/** 0 when the text is no duration. */
function millisecondsOf(text: string): number {
  try {
    return written.parse(text);
  } catch {
    return 0;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === undefined) return 'empty';
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}
