import { hostname } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greetingPlaceholders, Template, type TemplateValues } from './template.ts';

const values: TemplateValues = {
  message: Buffer.from('hi'),
  count: 7,
  remote: '192.0.2.1:40000',
  local: '[2001:db8::1]:7008',
};

function render(text: string): string {
  return new Template(text).render(values).toString();
}

const fixed = [
  ['{message}', 'hi'],
  ['{count}', '7'],
  ['{remote}', '192.0.2.1:40000'],
  ['{local}', '[2001:db8::1]:7008'],
  ['{hostname}', hostname()],
  ['{random:5-5}', '5'],
  ['{{', '{'],
  ['}}', '}'],
  ['\\t', '\t'],
  ['\\x7b', '{'],
] as const;

describe('template', () => {
  it.each(fixed)('should render %s as %j', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it('should render {time} as the time of the rendering, ISO 8601 with milliseconds', () => {
    const template = new Template('{time}');
    const before = Date.now();
    const text = template.render(values).toString();
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(text)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(text)).toBeLessThanOrEqual(Date.now());
  });

  it('should render any mixture of placeholders, braces, escapes and text', () => {
    const piece = fc.oneof(
      fc.constantFrom(...fixed),
      fc
        .string({ unit: 'grapheme' })
        .filter((text) => !/[{}\\]/.test(text))
        .map((text) => [text, text] as const),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        // Skip combinations in which text makes a third brace of `{{` or `}}`.
        fc.pre(!/\{\{\{|\}\}\}/.test(pieces.map(([text]) => text).join('')));
        const text = pieces.map(([source]) => source).join('');
        expect(render(text)).toBe(pieces.map(([, expected]) => expected).join(''));
      }),
    );
  });

  it('should copy any bytes of a message', () => {
    const template = new Template('<{message}|{message}>');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const message = Buffer.from(bytes);
        const expected = ['<', message, '|', message, '>'].map((part) => Buffer.from(part as string));
        expect(template.render({ ...values, message }).equals(Buffer.concat(expected))).toBe(true);
      }),
    );
  });

  it('should not read placeholders, braces or escapes in a message', () => {
    const message = Buffer.from('{count} {{ }} \\t {');
    expect(new Template('{message}').render({ ...values, message }).toString()).toBe(message.toString());
  });

  it('should render nothing for an empty text', () => {
    expect(render('')).toBe('');
  });
});

describe('{random:a-b}', () => {
  it('should reach both ends and everything between, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999_990), fc.nat(3), (from, width) => {
        const template = new Template(`{random:${from}-${from + width}}`);
        const seen = new Set(Array.from({ length: 200 }, () => Number(template.render(values).toString())));
        expect([...seen].sort((a, b) => a - b)).toEqual(
          Array.from({ length: width + 1 }, (_, index) => from + index),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('should stay within the widest range', () => {
    const template = new Template('{random:0-999999999999}');
    for (let index = 0; index < 1_000; index += 1) {
      expect(template.render(values).toString()).toMatch(/^(0|[1-9]\d{0,11})$/);
    }
  });

  it.each(['random', 'random:', 'random:7', 'random:9-1', 'random:-1-5', 'random:0-1e3', 'random:a-b'])(
    'should refuse {%s} and say how it is written',
    (placeholder) => {
      expect(() => new Template(`{${placeholder}}`)).toThrow(
        new Error(
          `must not hold {${placeholder}}: a random number is written {random:0-99}, smaller end first, at most 12 digits each`,
        ),
      );
    },
  );

  it('should refuse an end of more than 12 digits and say so', () => {
    expect(() => new Template('{random:0-1000000000000}')).toThrow('at most 12 digits each');
  });
});

describe('what a template must not hold', () => {
  const all = '{message} {random:0-99} {count} {remote} {local} {hostname} {time}';

  it.each(['nope', '', 'Message', ' message', 'message:1', 'count-1', 'constructor', '__proto__'])(
    'should refuse {%s} and list the placeholders',
    (placeholder) => {
      expect(() => new Template(`fine {count}, not {${placeholder}}`)).toThrow(
        new Error(`must not hold {${placeholder}}: the placeholders are ${all}`),
      );
    },
  );

  it('should refuse {message} in a greeting and list what a greeting may hold', () => {
    expect(() => new Template('{message}', greetingPlaceholders)).toThrow(
      new Error(`must not hold {message}: the placeholders are ${all.replace('{message} ', '')}`),
    );
    const greeting = new Template('{count} {remote}', greetingPlaceholders);
    expect(greeting.render({ ...values, message: undefined, count: 0 }).toString()).toBe('0 192.0.2.1:40000');
  });

  it.each([
    ['{', '{'],
    ['a{b', '{'],
    ['{message', '{'],
    ['{{{', '{'],
    ['{a{count}', '{'],
    ['{message}{', '{'],
    ['}', '}'],
    ['a}b', '}'],
    ['message}', '}'],
    ['}}}', '}'],
    ['{message}}', '}'],
  ])('should refuse the unpaired brace of %s and say how to write one', (text, brace) => {
    expect(() => new Template(text)).toThrow(
      new Error(`must pair its braces; write ${brace}${brace} for a single ${brace}`),
    );
  });

  it('should refuse a bad escape and list what is allowed', () => {
    expect(() => new Template('{count}\\q')).toThrow('must not hold \\q: the escapes are \\0 ');
  });
});
