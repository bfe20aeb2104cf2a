import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../../tests/harness/hostile-text.ts';
import { invisibleFault, quoted, refusedValue, visible } from './shown-text.ts';

const anyText = fc.string({ unit: anyCharacter, maxLength: 200 });

describe('a quoted value', () => {
  it.each([
    ['8s\r', String.raw`"8s\r"`],
    [' a b ', '" a b "'],
    ['"7"', String.raw`"\"7\""`],
    ['C:\\', String.raw`"C:\\"`],
    ['Grüße 😀', '"Grüße 😀"'],
    ['\u001b[2J', String.raw`"\u001b[2J"`],
    ['\u009b2J', String.raw`"\u009b2J"`],
    ['7\u00a0', String.raw`"7\u00a0"`],
    ['\u202etxt', String.raw`"\u202etxt"`],
    ['\u{e0041}', String.raw`"\udb40\udc41"`],
    ['', '""'],
  ])('should show %j', (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it('should read back as JSON, and hold no invisible character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(quoted(text))).toBe(text);
        expect(quoted(text)).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
        expect(visible(quoted(text))).toBe(quoted(text));
      }),
    );
  });

  it('should be cut where it is long, with its length', () => {
    expect(quoted('x'.repeat(70_000))).toBe(`"${'x'.repeat(200)}"... (70000 characters)`);
  });
});

describe('an invisible mistake', () => {
  const isPort = (text: string) => /^\d+$/.test(text);

  it.each([
    ['7008\r', String.raw`ends with a carriage return (\r)`],
    ['7008 ', 'ends with a space'],
    ['\ufeff7008', String.raw`begins with a byte order mark (\ufeff)`],
    ['\t7008', String.raw`begins with a tab (\t)`],
    ['70\u200b08', String.raw`holds a zero-width space (\u200b)`],
    ['70\u206008', String.raw`holds an invisible character (\u2060)`],
    ['"7008"', 'has quotation marks around it, which no shell has taken away'],
    ["'7008'\r", String.raw`ends with a carriage return (\r)`],
  ])('should be named in %j', (text, clause) => {
    expect(invisibleFault(text, isPort)).toBe(clause);
  });

  it.each(['7008', 'seven\r', ' ', '""', ''])('should not be reported in %j', (text) => {
    expect(invisibleFault(text, isPort)).toBeUndefined();
  });

  it('should be found wherever an invisible character is added to a valid value', () => {
    const invisible = fc.constantFrom('\r', '\n', ' ', '\t', '\0', '\u00a0', '\u200e', '\u{e0001}');
    fc.assert(
      fc.property(fc.nat(), invisible, fc.boolean(), (port, what, isBehind) => {
        const text = isBehind ? `${port}${what}` : `${what}${port}`;
        expect(invisibleFault(text, isPort)).toMatch(isBehind ? /^ends with / : /^begins with /);
      }),
    );
  });
});

const right = { parse: () => 'right' };

it.each([
  ['is no number', String.raw`--n "7\r" is no number; it ends with a carriage return (\r)`],
  [String.raw`ends with a carriage return (\r)`, String.raw`--n "7\r" ends with a carriage return (\r)`],
])('should be named once in the message of a value that %s', (message, sentence) => {
  expect(refusedValue('--n ', '7\r', right, new Error(message))).toBe(sentence);
});
