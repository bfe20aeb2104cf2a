import fc from 'fast-check';

/** Pieces of valid values and of typical mistakes. Their combinations reach many branches of a parser. */
const FRAGMENTS = [
  ...[
    '0',
    '1',
    '9',
    '00',
    '65535',
    '65536',
    '999999999999999',
    '1e3',
    '0x10',
    '-',
    '+',
    '.',
    ',',
    ' ',
    '\n',
    '\t',
  ],
  ...['ms', 's', 'm', 'h', 'd', 'B', 'KiB', 'MiB', 'GiB', 'kb', 'on', 'off', 'auto', 'true', 'info', 'trace'],
  ...['127.0.0.1', '::', '::1', '0.0.0.0', '256.0.0.1', 'fe80::1%lo', '2001:db8::', '/', '/0', '/24', '/129'],
  ...['UTC', 'Europe/Berlin', '+01:00', 'rfc867', 'optional', 'required', '__proto__', 'constructor', '='],
  ...[
    '\\',
    '\\t',
    '\\x',
    '\\x41',
    '{',
    '}',
    '{{',
    '}}',
    '{message}',
    '{random:',
    '0-9',
    '{count}',
    '\0',
    '\u{1f600}',
  ],
  ...['echo+tcp://', 'tcp://', '127.0.0.1:7007', '?interval=', '&name=', '%', '[::1]:7', '\ud800'],
] as const;

/** Like the unit `binary` of fast-check, which first builds a map of all characters: seconds of CPU in every process. */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ff_ff })
  .filter((code) => code < 0xd8_00 || code > 0xdf_ff)
  .map((code) => String.fromCodePoint(code));

/** Any text that can be in an environment variable or a flag, mostly likely mistakes. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.constantFrom(...FRAGMENTS),
  fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 6 }).map((fragments) => fragments.join('')),
);

/** Texts long enough to reveal a parser whose time grows faster than its input. */
export const longTexts: readonly string[] = FRAGMENTS.map((fragment) => fragment.repeat(20_000));
