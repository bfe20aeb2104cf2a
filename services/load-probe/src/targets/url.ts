import { invisibleFault, quoted } from '@echo-daytime/runtime';
import { defaultDialog } from '../payload/dialog.ts';
import { peerNameOf } from './discovery/peer.ts';
import { readHost } from './host.ts';
import { type GivenSettings, readParameter } from './parameters.ts';
import { type Protocol, protocolOfScheme, schemes } from './protocol.ts';
import { stickyIdOf, type TargetSpec } from './target.ts';

const EXAMPLES = 'echo+tcp://192.0.2.7:7007 or daytime+udp://[2001:db8::7]:7013?interval=5s';
const MAX_PORT = 65_535;

/**
 * Reads targets, each a URL such as `echo+tcp://host:7007?name=lb&interval=250ms`.
 *
 * @returns the targets in order, and one sentence for each mistake, which begins with the text that has it
 */
export function readTargets(texts: readonly string[]): { targets: TargetSpec[]; problems: string[] } {
  const problems: string[] = [];
  const targets: TargetSpec[] = [];
  for (const text of texts) {
    const read = readTarget(text);
    if (Array.isArray(read)) problems.push(...targetProblems(text, read));
    else targets.push(read);
  }
  for (const id of duplicates(targets.flatMap(idsOf))) {
    problems.push(
      `${quoted(id)}: more than one target has this name; give each a name of its own, as in ?name=second`,
    );
  }
  for (const [{ name }, clash] of peerNameClashes(targets)) problems.push(`${quoted(name)}: ${clash}`);
  return { targets, problems };
}

/** The targets whose names a peer of another target may get, each with the problem. */
export function peerNameClashes(specs: readonly TargetSpec[]): Map<TargetSpec, string> {
  const templates = specs.filter(({ discover }) => discover === 'dns');
  return new Map(
    specs.flatMap((spec) => {
      const template = templates.find(({ name }) => spec.name.startsWith(peerNameOf(name, '')));
      if (!template) return [];
      const taken = peerNameOf(template.name, 'ADDRESS');
      return [
        [
          spec,
          `${quoted(taken)} is how the peers of ${quoted(template.name)} are called; give it another name`,
        ],
      ];
    }),
  );
}

/** The ids of a target's series; no two series may have the same one. */
export function idsOf({ name, flow }: TargetSpec): string[] {
  return flow === 'both' ? [name, stickyIdOf(name)] : [name];
}

function duplicates(ids: readonly string[]): Set<string> {
  return new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
}

/**
 * The problems of a text that is no target, each with the text before it. Where the text would be a target without its
 * invisible characters, only these are reported.
 */
export function targetProblems(text: string, problems: readonly string[]): string[] {
  const fault = invisibleFault(text, (other) => !Array.isArray(readTarget(other)));
  return (fault === undefined ? problems : [fault]).map((problem) => `${quoted(text)}: ${problem}`);
}

/** The target, or its problems, one sentence each. */
export function readTarget(text: string): TargetSpec | string[] {
  const match =
    /^([^:/?#]+):\/\/(\[[^\]/?#]*\]|[^/?#:[\]]*)(?::([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(text);
  if (!match) return [`is no target; write SCHEME://HOST:PORT, such as ${EXAMPLES}`];
  const [, scheme = '', bracketed = '', portText, rest = '', query = '', fragment = ''] = match;
  const protocol = protocolOfScheme(scheme);
  const problems: string[] = [];
  if (!protocol) problems.push(`there is no scheme ${quoted(scheme)}; the schemes are ${schemes.join(', ')}`);

  const host = hostOf(bracketed, problems);
  const port = /^\d{1,5}$/.test(portText ?? '') ? Number(portText) : 0;
  if (port < 1 || port > MAX_PORT) {
    const what = portText === undefined ? 'has no port' : `port ${quoted(portText)} can't be`;
    problems.push(`${what}; it must be from 1 to ${MAX_PORT}, such as ${EXAMPLES}`);
  }
  if ((rest !== '' && rest !== '/') || fragment !== '') {
    problems.push(`nothing but a query may follow the port, such as ${EXAMPLES}`);
  }
  const given = readQuery(query, protocol, problems);
  if (!protocol || problems.length > 0) return problems;
  const url = `${scheme}://${bracketed}:${port}`;
  const dialog = protocol === 'dialog-tcp' ? { dialog: defaultDialog } : {};
  return { name: url, url, protocol, host, port, ...dialog, ...given };
}

function readQuery(query: string, protocol: Protocol | undefined, problems: string[]): GivenSettings {
  const given: GivenSettings = {};
  const seen = new Set<string>();
  for (const [parameter, value] of new URLSearchParams(query)) {
    if (seen.has(parameter)) problems.push(`${quoted(parameter)} is given more than once`);
    seen.add(parameter);
    const problem = readParameter(parameter, value, protocol, given);
    if (problem !== undefined) problems.push(problem);
  }
  return given;
}

function hostOf(written: string, problems: string[]): string {
  if (written === '') {
    problems.push(`has no host; write SCHEME://HOST:PORT, such as ${EXAMPLES}`);
    return '';
  }
  const isBracketed = written.startsWith('[');
  try {
    return readHost(isBracketed ? written.slice(1, -1) : written, isBracketed ? 'bracketed' : 'plain');
  } catch (error) {
    problems.push(`${quoted(written)} ${(error as Error).message}, such as ${EXAMPLES}`);
    return '';
  }
}
