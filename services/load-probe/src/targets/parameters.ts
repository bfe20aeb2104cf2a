import { choice, type Key, onOff, quoted, refusedValue } from '@echo-daytime/runtime';
import { type DialogSettings, defaultDialog, delimiterProblem, expectProblem } from '../payload/dialog.ts';
import { readDscp } from './dscp.ts';
import { type FlowChoice, fitsFlow, flowChoices } from './flow.ts';
import { isSized, type Protocol } from './protocol.ts';
import { intervalKey, sizeKey, timeoutKey } from './setting-keys.ts';
import { type DiscoverChoice, discoverChoices } from './target.ts';

const MAX_NAME_CHARACTERS = 100;

/** The settings that a user gave for one target. */
export interface GivenSettings {
  name?: string;
  intervalMs?: number;
  timeoutMs?: number;
  sizeBytes?: number;
  flow?: FlowChoice;
  discover?: DiscoverChoice;
  dialog?: DialogSettings;
  dscp?: number;
  syn?: boolean;
  who?: boolean;
  expect?: 'blocked';
  control?: string;
}

interface Parameter {
  /** Why a target of this protocol can't have the value, as a sentence; undefined when it can. */
  misfit?(protocol: Protocol, text: string): string | undefined;
  /** @throws Error that completes the sentence "NAME=VALUE …" */
  read(text: string, given: GivenSettings): void;
}

const flow = choice(flowChoices, 'fresh', 'Whether samples share a flow');
const discover = choice(discoverChoices, 'off', 'Whether each address of the host is a target of its own');
const who = onOff('off', 'Whether each fresh connection is asked who answers');
const syn = onOff('off', 'Whether each connection is asked for its SYN as it was received');

/** The value of `expect` that is no answer of a dialog. */
const BLOCKED = 'blocked';
const EXPECT_MISFIT =
  'expect must be blocked, for a target that no sample may get through to; an expected answer is for dialog targets';
const dialogExpect = dialogText('expect', expectProblem);

/** By name, as in a URL's query. */
const parameters: Readonly<Record<string, Parameter>> = {
  name: named('name'),
  interval: numeric('intervalMs', intervalKey('1s')),
  timeout: numeric('timeoutMs', timeoutKey('2s')),
  size: {
    ...numeric('sizeBytes', sizeKey('64')),
    misfit: (protocol) =>
      isSized(protocol)
        ? undefined
        : `size is for echo and stamp targets; a ${protocol} target has no use for it`,
  },
  flow: {
    misfit: (protocol, text) =>
      fitsFlow(protocol, text)
        ? undefined
        : `flow=${text} needs a protocol with many exchanges in a flow; ${protocol} ends with the first`,
    read(text, given) {
      given.flow = flow.parse(text);
    },
  },
  discover: {
    read(text, given) {
      given.discover = discover.parse(text);
    },
  },
  dscp: {
    read(text, given) {
      given.dscp = readDscp(text);
    },
  },
  syn: {
    misfit: (protocol) =>
      protocol === 'session-tcp'
        ? undefined
        : 'syn is for session targets, which can tell the SYN they received',
    read(text, given) {
      given.syn = syn.parse(text);
    },
  },
  who: {
    misfit: (protocol) =>
      protocol === 'session-tcp'
        ? undefined
        : 'who is for session targets, which can tell who answers; stamp targets tell it anyway',
    read(text, given) {
      given.who = who.parse(text);
    },
  },
  delimiter: dialogText('delimiter', delimiterProblem),
  expect: {
    misfit: (protocol, text) =>
      text === BLOCKED ? undefined : dialogExpect.misfit?.(protocol, text) && EXPECT_MISFIT,
    read(text, given) {
      if (text === BLOCKED) given.expect = BLOCKED;
      else dialogExpect.read(text, given);
    },
  },
  control: named('control'),
};

export const parameterNames: readonly string[] = Object.keys(parameters);

/**
 * Reads one setting of a target.
 *
 * @param protocol undefined when the URL has none that is known
 * @returns the problem, one sentence; undefined when there is none
 */
export function readParameter(
  name: string,
  text: string,
  protocol: Protocol | undefined,
  given: GivenSettings,
): string | undefined {
  const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (!parameter)
    return `there is no parameter ${quoted(name)}; the parameters are ${parameterNames.join(', ')}`;
  const misfit = protocol && parameter.misfit?.(protocol, text);
  if (misfit !== undefined) return misfit;
  try {
    parameter.read(text, given);
    return undefined;
  } catch (error) {
    const reader = { parse: (other: string) => parameter.read(other, {}) };
    return refusedValue(`${name}=`, text, reader, error as Error);
  }
}

function named(setting: 'control' | 'name'): Parameter {
  return {
    read(text, given) {
      if (text.length > MAX_NAME_CHARACTERS || !/^\P{C}+$/u.test(text) || text.trim() === '') {
        throw new Error(`must have from 1 to ${MAX_NAME_CHARACTERS} printable characters`);
      }
      given[setting] = text;
    },
  };
}

function numeric(setting: 'intervalMs' | 'timeoutMs' | 'sizeBytes', key: Key<number>): Parameter {
  return {
    read(text, given) {
      given[setting] = key.parse(text);
    },
  };
}

function dialogText(
  setting: keyof DialogSettings,
  problemOf: (text: string) => string | undefined,
): Parameter {
  return {
    misfit: (protocol) => (protocol === 'dialog-tcp' ? undefined : `${setting} is for dialog targets`),
    read(text, given) {
      const problem = problemOf(text);
      if (problem !== undefined) throw new Error(problem);
      given.dialog = { ...(given.dialog ?? defaultDialog), [setting]: text };
    },
  };
}
