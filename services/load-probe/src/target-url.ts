import { isIP } from 'node:net';
import type { Key } from '@echo-daytime/runtime';
import { isEcho, protocolOfScheme, schemes } from './protocol.ts';
import { intervalKey, sizeKey, timeoutKey } from './setting-keys.ts';
import type { TargetSettings, TargetSpec } from './target.ts';

const EXAMPLES = 'echo+tcp://192.0.2.7:7007 or daytime+udp://[2001:db8::7]:7013?interval=5s';
/** Host names as resolvers take them; underscores are not letters of RFC 1123, but services have them. */
const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/;
const MAX_NAME_CHARACTERS = 100;
const MAX_PORT = 65_535;

interface Setting {
  readonly name: keyof TargetSettings;
  readonly key: Key<number>;
}

const settings: Readonly<Record<string, Setting>> = {
  interval: { name: 'intervalMs', key: intervalKey('1s') },
  timeout: { name: 'timeoutMs', key: timeoutKey('2s') },
  size: { name: 'sizeBytes', key: sizeKey('64') },
};
const parameters = ['name', ...Object.keys(settings)];

/**
 * Reads targets, each a URL such as `echo+tcp://host:7007?name=lb&interval=250ms`.
 *
 * @returns the targets in order, and for each mistake a sentence that starts with the text that holds it
 */
export function readTargets(texts: readonly string[]): { targets: TargetSpec[]; problems: string[] } {
  const problems: string[] = [];
  const targets: TargetSpec[] = [];
  for (const text of texts) {
    const read = readTarget(text);
    if (Array.isArray(read)) problems.push(...read.map((problem) => `${text}: ${problem}`));
    else targets.push(read);
  }
  const names = targets.map(({ name }) => name);
  for (const name of new Set(names.filter((candidate, index) => names.indexOf(candidate) !== index))) {
    problems.push(
      `${name}: more than one target has this name; give each a name of its own, as in ?name=second`,
    );
  }
  return { targets, problems };
}

/** The target, or what is wrong with it. */
function readTarget(text: string): TargetSpec | string[] {
  const match =
    /^([^:/?#]+):\/\/(\[[^\]/?#]*\]|[^/?#:[\]]*)(?::([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(text);
  if (!match) return [`is no target; write SCHEME://HOST:PORT, such as ${EXAMPLES}`];
  const [, scheme = '', bracketed = '', portText, rest = '', query = '', fragment = ''] = match;
  const protocol = protocolOfScheme(scheme);
  const problems: string[] = [];
  if (!protocol) problems.push(`there is no scheme ${scheme}; the schemes are ${schemes.join(', ')}`);

  const host = bracketed.replace(/^\[|\]$/g, '');
  const validHost = bracketed.startsWith('[') ? isIP(host) === 6 : isIP(host) === 4 || isHostName(host);
  if (!validHost) {
    problems.push(
      host === ''
        ? `has no host; write SCHEME://HOST:PORT, such as ${EXAMPLES}`
        : `${bracketed} is neither a host name nor an address (IPv6 goes in brackets), such as ${EXAMPLES}`,
    );
  }
  const port = /^\d{1,5}$/.test(portText ?? '') ? Number(portText) : 0;
  if (port < 1 || port > MAX_PORT) {
    const what = portText === undefined ? 'has no port' : `port ${JSON.stringify(portText)} can't be`;
    problems.push(`${what}; it must be from 1 to ${MAX_PORT}, such as ${EXAMPLES}`);
  }
  if ((rest !== '' && rest !== '/') || fragment !== '') {
    problems.push(`nothing but a query may follow the port, such as ${EXAMPLES}`);
  }
  const url = `${scheme}://${bracketed}:${port}`;
  const given = readQuery(query, url, protocol !== undefined && !isEcho(protocol), problems);
  if (!protocol || problems.length > 0) return problems;
  return { url, protocol, host, port, flow: 'fresh', ...given };
}

function readQuery(
  query: string,
  url: string,
  isDaytime: boolean,
  problems: string[],
): { name: string } & Partial<TargetSettings> {
  const given: { name: string; intervalMs?: number; timeoutMs?: number; sizeBytes?: number } = { name: url };
  const seen = new Set<string>();
  for (const [parameter, value] of new URLSearchParams(query)) {
    const setting = Object.hasOwn(settings, parameter) ? settings[parameter] : undefined;
    if (seen.has(parameter)) problems.push(`${parameter} is given more than once`);
    seen.add(parameter);
    if (parameter === 'name') {
      given.name = value;
      if (!isName(value)) {
        problems.push(`name must have from 1 to ${MAX_NAME_CHARACTERS} printable characters`);
      }
    } else if (!setting) {
      problems.push(`there is no parameter ${parameter}; the parameters are ${parameters.join(', ')}`);
    } else if (isDaytime && setting.name === 'sizeBytes') {
      problems.push('size is for echo targets; a daytime target sends what it likes');
    } else {
      try {
        given[setting.name] = setting.key.parse(value);
      } catch (error) {
        problems.push(`${parameter}=${value} ${(error as Error).message}`);
      }
    }
  }
  return given;
}

/** A name all of digits and dots is a mistyped address. */
function isHostName(host: string): boolean {
  return HOST_NAME.test(host) && !/^[\d.]+$/.test(host) && host.length <= 253;
}

function isName(text: string): boolean {
  return text.length <= MAX_NAME_CHARACTERS && /^\P{C}+$/u.test(text) && text.trim() !== '';
}
