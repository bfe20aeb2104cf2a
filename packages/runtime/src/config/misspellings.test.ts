import { describe, expect, it } from 'vitest';
import { misspeltVariables, nearest } from './misspellings.ts';

const KEYS = ['PORT', 'HOST', 'TZ', 'WORKERS', 'LOG_LEVEL', 'IDLE_TIMEOUT', 'MAX_SOURCES', 'MAX_CONNECTIONS'];

describe('a misspelt name', () => {
  it.each([
    ['MAX_CONECTIONS', 'MAX_CONNECTIONS'],
    ['MAX_CONNECTION', 'MAX_CONNECTIONS'],
    ['MAX-CONNECTIONS', 'MAX_CONNECTIONS'],
    ['max_sources', 'MAX_SOURCES'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['IDEL_TIMEOUT', 'IDLE_TIMEOUT'],
    ['WORKRES', 'WORKERS'],
    ['PROT', 'PORT'],
    ['PORTS', 'PORT'],
    ['tz', 'TZ'],
  ])('should be matched to the key that it means: %s', (given, meant) => {
    expect(nearest(given, KEYS)).toBe(meant);
  });

  it.each([
    'PATH',
    'HOME',
    'PWD',
    'HOSTNAME',
    'TZDIR',
    'LOGNAME',
    'ECHO_PORT',
    'MAX_DIALOGS',
    'WORKSPACE',
    '',
  ])('should not be reported for an unrelated variable: %s', (given) => {
    expect(nearest(given, KEYS)).toBeUndefined();
  });

  it.each(KEYS)('should not be reported for a correct name: %s', (given) => {
    expect(nearest(given, KEYS)).toBeUndefined();
  });

  it('should make a sentence for each variable, without its value', () => {
    const env = { PATH: '/bin', PORT: '7', MAX_SUORCES: 'secret', 'WORKERS\r': '2' };
    expect(misspeltVariables(env, KEYS)).toEqual([
      '"MAX_SUORCES" is set and is no key of this service; did you mean MAX_SOURCES?',
      String.raw`"WORKERS\r" is set and is no key of this service; did you mean WORKERS?`,
    ]);
  });
});
