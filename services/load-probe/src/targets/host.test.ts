import { describe, expect, it } from 'vitest';
import { readHost } from './host.ts';

describe('a host', () => {
  it.each(['192.0.2.7', 'echo_1.example.', 'xn--bcher-kva.example', 'a'])('should be %s', (host) => {
    expect(readHost(host, 'plain')).toBe(host);
  });

  it.each([
    { text: '2001:db8::7', host: '2001:db8::7' },
    { text: 'fe80::1%eth0', host: 'fe80::1%eth0' },
    { text: 'fe80::1%25eth0', host: 'fe80::1%eth0' },
    { text: 'fe80::1%25', host: 'fe80::1%25' },
    { text: 'fe80::1%2525th', host: 'fe80::1%25th' },
  ])('should be $host in brackets, written $text', ({ text, host }) => {
    expect(readHost(text, 'bracketed')).toBe(host);
  });

  it.each([
    '',
    '192.0.2.700',
    '1.2.3',
    'what?',
    'echo\r',
    'echo\u0007.example',
    '-a',
    'a..b',
    '::1',
    'a'.repeat(64),
  ])('should not be %j', (text) => {
    expect(() => readHost(text, 'plain')).toThrow('is neither a host name nor an address');
  });

  it.each(['192.0.2.7', 'localhost', '', '::1%'])('should not be %j in brackets', (text) => {
    expect(() => readHost(text, 'bracketed')).toThrow('is neither a host name nor an address');
  });

  it.each([
    ['münchen.example', 'is not in ASCII; DNS knows it as xn--mnchen-3ya.example, so write that'],
    ['例え.テスト', 'is not in ASCII; DNS knows it as xn--r8jz45g.xn--zckzah, so write that'],
    ['echo\u200b.example', 'is not in ASCII; DNS knows it as echo.example, so write that'],
    ['xn--ü.example', 'is not in ASCII, and no name of DNS in its xn-- form either'],
  ])('should give the DNS form of %s', (text, problem) => {
    expect(() => readHost(text, 'plain')).toThrow(new Error(problem));
  });
});
