import { choice, wholeNumber } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { readEndpoint } from '../targets/endpoint.ts';
import { UsageError } from './errors.ts';
import { OptionReader } from './option-reader.ts';

it('should show of a command line what does not show by itself', () => {
  const reader = new OptionReader(['one', 'two\u001b[2J', '--co\rlour']);
  reader.read('--count', '9\r', wholeNumber({ min: 1, max: 99 }, '1', ''));
  reader.read('--flow', '"both"', choice(['fresh', 'both'], 'fresh', ''));
  reader.operand('URL', 'tcp://192.0.2.7:7', (text) => text);
  const one = new OptionReader(['192.0.2.7:7\v']);
  one.operand('HOST:PORT', '192.0.2.7:7', (text) => readEndpoint(text, 'tcp'));
  expect(() => one.done({})).toThrow(
    String.raw`"192.0.2.7:7\u000b" names a service that this system does not know, "7\u000b"; write the port's number; it ends with an invisible character (\u000b)`,
  );
  const problems = (): unknown => reader.done({});
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
