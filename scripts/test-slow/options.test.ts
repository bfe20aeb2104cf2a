import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

const known = ['one-core', 'quota'];

it('should use every mode when none is named', () => {
  expect(readOptions([], known)).toEqual({ modes: known, testArgs: [] });
});

it('should read the modes and pass the rest to the tests', () => {
  const args = ['--mode', 'quota', 'packages/worker', '-t', 'should count', '--mode', 'one-core'];
  expect(readOptions(args, known)).toEqual({
    modes: ['quota', 'one-core'],
    testArgs: ['packages/worker', '-t', 'should count'],
  });
});

it.each([
  { args: ['--mode', 'fast'], said: '--mode fast must be one of one-core, quota' },
  { args: ['packages', '--mode'], said: '--mode  must be one of one-core, quota' },
])('should refuse $args and list the modes', ({ args, said }) => {
  expect(() => readOptions(args, known)).toThrow(said);
});
