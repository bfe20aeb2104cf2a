import { choice, wholeNumber } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { readEndpoint } from '../targets/endpoint.ts';
import { UsageError } from './errors.ts';
import { CommandLine, flag, option } from './options.ts';

const table = {
  count: option('<n>', wholeNumber({ min: 1, max: 99 }, '1', '')),
  flow: option('<flow>', choice(['fresh', 'both'], 'fresh', '')),
  json: flag(''),
};

it('should show invisible characters and quotation marks in problems', () => {
  const line = new CommandLine(table, ['one', 'two\u001b[2J', '--co\rlour'], {
    count: '9\r',
    flow: '"both"',
  });
  line.operand('URL', 'tcp://192.0.2.7:7', (text) => text);
  const other = new CommandLine({}, ['192.0.2.7:7\v'], {});
  other.operand('HOST:PORT', '192.0.2.7:7', (text) => readEndpoint(text, 'tcp'));
  expect(() => other.done({})).toThrow(
    String.raw`"192.0.2.7:7\u000b" names a service that this system does not know, "7\u000b"; write the port's number; it ends with an invisible character (\u000b)`,
  );
  const problems = (): unknown => line.done({});
  expect(problems).toThrow(UsageError);
  expect(problems).toThrow(
    [
      String.raw`there is no option --co\rlour`,
      String.raw`--count "9\r" must be a whole number from 1 to 99; it ends with a carriage return (\r)`,
      String.raw`--flow "\"both\"" must be one of fresh, both; it has quotation marks around it, which no shell has taken away`,
      String.raw`only one URL can be given; "two\u001b[2J" is too much`,
    ].join('\n'),
  );
});

it.each([
  [['--conut', '5', 'a'], '--conut; did you mean --count?'],
  [['--conut=5', 'a'], '--conut; did you mean --count?'],
  [['--Flow', 'both', 'a'], '--Flow; did you mean --flow?'],
  // The next word may be the value or an operand: nothing tells which.
  [['--colour', 'a'], '--colour'],
  [['--jason', 'a'], '--jason; did you mean --json?'],
])('should name the option that a misspelt one stands for: %j', (args, problem) => {
  const line = new CommandLine(table, args, {});
  expect(line.operands).toEqual(['a']);
  expect(() => line.done({})).toThrow(new UsageError([`there is no option ${problem}`]).message);
});
