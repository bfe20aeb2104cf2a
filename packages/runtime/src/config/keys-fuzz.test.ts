import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hostileText } from '../../../../tests/harness/hostile-text.ts';
import { commonKeys } from './common-keys.ts';
import * as kinds from './keys.ts';

const doc = 'any';
const between = (min: number, max: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
const oneOf = (...options: readonly unknown[]) => options.includes.bind(options);
const isNetwork = (item: string) => {
  const [address = '', length = ''] = item.split('/');
  return /^\d+$/.test(length) && Number(length) <= ({ 4: 32, 6: 128 }[isIP(address)] ?? -1);
};

/** The values that each kind of key may give, whatever the text. */
it.each<[kind: string, key: kinds.Key<unknown>, isValid: (value: never) => boolean]>([
  ['whole number', kinds.wholeNumber({ min: 1, max: 1_000 }, '1', doc), between(1, 1_000)],
  ['port', kinds.port('0', doc), between(0, 65_535)],
  ['optional port', kinds.optionalPort('0', doc), between(0, 65_535)],
  ['duration', kinds.duration('0s', doc), between(0, 2 ** 31 - 1)],
  ['size', kinds.size({ min: 16, max: 65_536 }, '16', doc), between(16, 65_536)],
  ['choice', kinds.choice(['a', 'b'], 'a', doc), oneOf('a', 'b')],
  ['on or off', kinds.onOff('on', doc), oneOf(true, false)],
  [
    'addresses',
    kinds.addresses('::', doc),
    (value: string[]) => value.length > 0 && value.every((item) => isIP(item) > 0),
  ],
  ['networks', kinds.networks('', doc), (value: string[]) => value.every(isNetwork)],
  ['time zone', kinds.timeZone('UTC', doc), (value: string) => value !== ''],
  [
    'number of workers',
    commonKeys({ adminPort: '0' }).workers,
    (value: unknown) => value === 'auto' || between(1, 1_024)(value),
  ],
])('should make of any text a %s or say what it must be', (_kind, key, isValid) => {
  const read = (text: string): { readonly value: unknown } | { readonly refusal: string } => {
    try {
      return { value: key.parse(text) };
    } catch (error) {
      return { refusal: (error as Error).message };
    }
  };
  fc.assert(
    fc.property(hostileText, (text) => {
      const result = read(text);
      if ('refusal' in result) expect(result.refusal).toMatch(/^must /);
      else expect(isValid(result.value as never), JSON.stringify(result.value)).toBe(true);
    }),
    { numRuns: 400, examples: [[key.default]] },
  );
});
