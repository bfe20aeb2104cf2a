import { variableOf } from '@echo-daytime/worker';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { commonKeys, identityKeys, tcpKeys, udpKeys } from './common-keys.ts';
import { type ConfigSource, describeKeys, flagOf, readConfig } from './config.ts';
import { port, type Values } from './keys.ts';

const keys = {
  ...commonKeys({ adminPort: '9999' }),
  port: port('7777', 'Port'),
  ...tcpKeys(),
  ...udpKeys(),
};

type Check = (config: Values<typeof keys>) => string[];

function read(source: Partial<ConfigSource>, check?: Check) {
  return readConfig(keys, { env: {}, args: [], ...source }, check);
}

function problemsOf(source: Partial<ConfigSource>, check?: Check) {
  try {
    read(source, check);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('should give the defaults of the design when nothing is set', () => {
    expect(read({})).toEqual({
      host: ['::'],
      port: 7_777,
      adminHost: ['::'],
      adminPort: 9_999,
      workers: 1,
      logLevel: 'info',
      drainDelay: 0,
      drainTimeout: 10_000,
      maxConnections: 10_000,
      maxConnectionsPerSource: 1_000,
      idleTimeout: 120_000,
      writeTimeout: 30_000,
      backlog: 1_024,
      ratePerSource: 1_000,
      maxSources: 65_536,
      tcpEngine: 'auto',
      udpEngine: 'auto',
      loopGuard: true,
      allow: [],
      deny: [],
      faults: false,
      proxyProtocol: 'off',
      trustedProxies: [],
    });
  });

  it('should give a frozen object', () => {
    expect(Object.isFrozen(read({}))).toBe(true);
  });

  it('should read known variables and ignore unknown ones', () => {
    const config = read({ env: { PORT: '1', MAX_CONNECTIONS: '2', PATH: '/bin', UNKNOWN: 'x' } });
    expect(config).toMatchObject({ port: 1, maxConnections: 2 });
  });

  it('should read flags with their value in the next word or after an equals sign', () => {
    const config = read({ args: ['--port', '1', '--max-connections=2', '--loop-guard', 'off'] });
    expect(config).toMatchObject({ port: 1, maxConnections: 2, loopGuard: false });
  });

  it('should let a flag win over its variable, even over an invalid one', () => {
    expect(read({ env: { PORT: '1' }, args: ['--port', '2'] }).port).toBe(2);
    expect(read({ env: { PORT: 'bad' }, args: ['--port', '2'] }).port).toBe(2);
    expect(problemsOf({ env: { PORT: '1' }, args: ['--port', 'bad'] })).toEqual([
      '--port "bad" must be a port from 0 to 65535 (0 = any free port)',
    ]);
  });

  it('should let the last of several equal flags win', () => {
    expect(read({ args: ['--port', '1', '--port', '2'] }).port).toBe(2);
  });

  it('should not treat an empty variable as unset', () => {
    expect(problemsOf({ env: { PORT: '' } })).toEqual([
      'PORT="" must be a port from 0 to 65535 (0 = any free port)',
    ]);
  });

  it('should report every problem at once, with the key, the value and what is allowed', () => {
    const problems = problemsOf({
      env: { PORT: '99999', MAX_CONNECTIONS: '-1', DRAIN_DELAY: 'soon' },
      args: ['--loop-guard', 'maybe', '--colour', 'red', 'stray'],
    });
    expect(problems).toHaveLength(6);
    expect(new Set(problems)).toEqual(
      new Set([
        '--colour is not a flag of this program',
        'unexpected argument "stray"',
        'PORT="99999" must be a port from 0 to 65535 (0 = any free port)',
        'MAX_CONNECTIONS="-1" must be a whole number from 1 to 10000000',
        'DRAIN_DELAY="soon" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days',
        '--loop-guard "maybe" must be one of on, off',
      ]),
    );
  });

  it('should count the problems in its message, one line each', () => {
    expect(() => read({ env: { PORT: 'x' } })).toThrow(/^1 problem in the configuration\n {2}PORT="x" must/);
    expect(() => read({ env: { PORT: 'x', BACKLOG: 'y' } })).toThrow(
      /^2 problems in the configuration\n {2}PORT="x" .*\n {2}BACKLOG="y" .*$/,
    );
  });

  it.each([
    [['--port'], '--port needs a value'],
    [['--prot', '1'], '--prot is not a flag of this program; did you mean --port?'],
    [['--prot=1'], '--prot is not a flag of this program; did you mean --port?'],
    [['-p', '1'], '-p is not a flag of this program'],
    [['--Port', '1'], '--Port is not a flag of this program; did you mean --port?'],
    [
      ['--maxConnections', '1'],
      '--maxConnections is not a flag of this program; did you mean --max-connections?',
    ],
    [['7007'], 'unexpected argument "7007"'],
    [[''], 'unexpected argument ""'],
    [['--'], '-- is not a flag of this program'],
  ])('should refuse the arguments %j', (args, problem) => {
    expect(problemsOf({ args })).toContain(problem);
  });

  it('should count an unknown flag and its value as one problem, and read what follows', () => {
    expect(problemsOf({ args: ['--prot', '1'] })).toHaveLength(1);
    expect(problemsOf({ args: ['--prot', '--port', 'x'] })).toEqual([
      '--prot is not a flag of this program; did you mean --port?',
      '--port "x" must be a port from 0 to 65535 (0 = any free port)',
    ]);
  });

  it('should look for problems between keys once every key is valid by itself', () => {
    const check = ({ port }: { port: number }) => (port === 13 ? ['PORT=13 is unlucky'] : []);
    expect(problemsOf({ env: { PORT: '13' } }, check)).toEqual(['PORT=13 is unlucky']);
    expect(problemsOf({ env: { PORT: '13', BACKLOG: '0' } }, check)).toEqual([
      'BACKLOG="0" must be a whole number from 1 to 65535',
    ]);
    expect(problemsOf({ env: { PORT: '14' } }, check)).toEqual([]);
  });
});

describe('the keys that services share', () => {
  it.each([
    [
      'DRAIN_DELAY',
      '3s\r',
      String.raw`"3s\r" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days; it ends with a carriage return (\r)`,
    ],
    ['BACKLOG', ' 64', '" 64" must be a whole number from 1 to 65535; it begins with a space'],
    [
      'LOOP_GUARD',
      '"off"',
      String.raw`"\"off\"" must be one of on, off; it has quotation marks around it, which no shell has taken away`,
    ],
    [
      'WORKERS',
      'au\u200bto',
      String.raw`"au\u200bto" must be auto or from 1 to 1024; it holds a zero-width space (\u200b)`,
    ],
    ['WORKERS', 'two\r', String.raw`"two\r" must be auto or from 1 to 1024`],
    ['PORT', '\u001b[2J7', String.raw`"\u001b[2J7" must be a port from 0 to 65535 (0 = any free port)`],
  ])('should name the invisible mistake in %s=%j', (variable, value, refusal) => {
    expect(problemsOf({ env: { [variable]: value } })).toEqual([`${variable}=${refusal}`]);
  });

  it('should escape invisible characters in arguments as well', () => {
    expect(problemsOf({ args: ['st\u009bray', '--wor\rkers=1'] })).toEqual([
      String.raw`unexpected argument "st\u009bray"`,
      String.raw`--wor\rkers is not a flag of this program; did you mean --workers?`,
    ]);
  });

  it('should read an empty name, or one of 253 characters at most', () => {
    const named = (podName: string) => readConfig(identityKeys(), { env: { POD_NAME: podName }, args: [] });
    expect(named('a'.repeat(253)).podName).toHaveLength(253);
    expect(named('')).toMatchObject({ identity: true, podName: '' });
    expect(() => named('a'.repeat(254))).toThrow('must be at most 253 characters of printable ASCII');
  });

  it('should read WORKERS as a number or auto', () => {
    expect(read({ env: { WORKERS: '1024' } }).workers).toBe(1_024);
    expect(read({ env: { WORKERS: 'auto' } }).workers).toBe('auto');
    for (const WORKERS of ['0', '1025', 'all', '']) {
      expect(problemsOf({ env: { WORKERS } })).toEqual([
        `WORKERS="${WORKERS}" must be auto or from 1 to 1024`,
      ]);
    }
  });
});

describe('describeKeys', () => {
  it('should show variable, flag, doc and default of each key, in columns', () => {
    const lines = describeKeys(keys).split('\n');
    expect(lines).toHaveLength(Object.keys(keys).length);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}PORT, --port +Port \(default 7777\)$/));
    const rows = Object.entries(keys);
    for (const [index, [name, key]] of rows.entries()) {
      expect(lines[index]).toContain(`  ${variableOf(name)}, --${flagOf(name)} `);
      expect(lines[index]).toContain(`${key.doc} (default ${key.default || 'empty'})`);
    }
    expect(new Set(lines.map((line, index) => line.indexOf(rows[index]![1].doc))).size).toBe(1);
  });

  it('should say so where the default is empty', () => {
    expect(describeKeys({ suffix: { ...port('0', 'Suffix'), default: '' } })).toMatch(/\(default empty\)$/);
  });
});

it('should name a key as variable and as flag', () => {
  expect(variableOf('maxConnectionsPerSource')).toBe('MAX_CONNECTIONS_PER_SOURCE');
  expect(flagOf('maxConnectionsPerSource')).toBe('max-connections-per-source');
});
