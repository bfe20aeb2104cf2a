import { parameterNames } from '../targets/parameters.ts';
import type { Protocol } from '../targets/protocol.ts';
import { schemes } from '../targets/protocol.ts';
import type { TargetSpec } from '../targets/target.ts';
import { readTarget } from '../targets/url.ts';
import type { CommandLine, Options } from './options.ts';

/**
 * The only operand, as a target with one of the given protocols. The parameters of its query are those of samples: only
 * the given ones are accepted.
 *
 * @returns undefined when it is no such target; the line then has the problem
 */
export function targetOperand(
  line: CommandLine<Options>,
  protocols: readonly Protocol[],
  command: string,
  parameters: readonly string[] = [],
): TargetSpec | undefined {
  const allowed = protocols.map((protocol) => protocol.replace('-', '+'));
  return line.operand('URL', `${allowed[0]}://192.0.2.7:7`, (text) => {
    const target = readTarget(text);
    if (Array.isArray(target)) throw new Error(target.join('; '));
    if (!protocols.includes(target.protocol)) {
      throw new Error(`is nothing that ${command} can use; the schemes are ${allowed.join(', ')}`);
    }
    const [, query] = text.split('?');
    const useless = [...new URLSearchParams(query).keys()].find((name) => !parameters.includes(name));
    if (query !== undefined && parameters.length === 0) {
      throw new Error(`has a query, which ${command} has no use for; use its options`);
    }
    if (useless !== undefined) {
      throw new Error(
        `has ${useless}=, which ${command} has no use for; its query may have ${parameters.join(', ')}`,
      );
    }
    return target;
  });
}

/** How to write targets, for the end of a command's help. */
export const targetHelp = `
Targets are URLs: SCHEME://HOST:PORT, the schemes are ${schemes.join(', ')}.
A query changes settings of one target: ?${parameterNames.map((name) => `${name}=…`).join('&')}`;
