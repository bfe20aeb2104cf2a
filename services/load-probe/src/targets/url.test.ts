import { describe, expect, it } from 'vitest';
import { settingProblems } from './setting-keys.ts';
import { targetsOf } from './target.ts';
import { readTargets } from './url.ts';

describe('readTargets', () => {
  it('should read a target, named by its URL', () => {
    expect(readTargets(['echo+tcp://127.0.0.1:7007'])).toEqual({
      problems: [],
      targets: [
        {
          name: 'echo+tcp://127.0.0.1:7007',
          url: 'echo+tcp://127.0.0.1:7007',
          protocol: 'echo-tcp',
          host: '127.0.0.1',
          port: 7007,
        },
      ],
    });
  });

  it('should read IPv6 addresses, names and a query', () => {
    const { targets, problems } = readTargets([
      'daytime+udp://[2001:db8::7]:13?name=nist&interval=5s&timeout=1500ms',
      'echo+udp://my_echo.default.svc.cluster.local.:7/?size=1KiB',
    ]);
    expect(problems).toEqual([]);
    expect(targets).toMatchObject([
      { name: 'nist', host: '2001:db8::7', url: 'daytime+udp://[2001:db8::7]:13', intervalMs: 5_000 },
      { host: 'my_echo.default.svc.cluster.local.', sizeBytes: 1_024 },
    ]);
    expect(targets[0]).toMatchObject({ timeoutMs: 1_500, protocol: 'daytime-udp' });
  });

  it.each([
    ['localhost', 'is no target'],
    ['127.0.0.1:7', 'is no target'],
    ['http://127.0.0.1:7', 'the schemes are echo+tcp, echo+udp, daytime+tcp, daytime+udp'],
    ['tcp+session://127.0.0.1:7', 'there is no scheme "tcp+session"'],
    ['echo+tcp://127.0.0.1', 'has no port; it must be from 1 to 65535'],
    ['echo+tcp://127.0.0.1:0', 'port "0" can\'t be'],
    ['echo+tcp://127.0.0.1:65536', 'port "65536" can\'t be'],
    ['echo+tcp://127.0.0.1:7/path', 'nothing but a query may follow the port'],
    ['echo+tcp://127.0.0.1:7#part', 'nothing but a query may follow the port'],
    ['echo+tcp://:7', 'has no host'],
    ['echo+tcp://127.0.0.256:7', 'neither a host name nor an address'],
    ['echo+tcp://[127.0.0.1]:7', 'neither a host name nor an address'],
    ['echo+tcp://user@host:7', 'neither a host name nor an address'],
    ['echo+tcp://host:7?colour=red', 'the parameters are name, interval, timeout, size'],
    ['echo+tcp://host:7?toString=1', 'there is no parameter "toString"'],
    ['echo+tcp://host:7?size=1&size=2', '"size" is given more than once'],
    ['echo+tcp://host:7?size=23', 'size="23" must be a size'],
    ['echo+tcp://host:7?interval=0s', 'interval="0s" must be a duration from 1ms to 24h'],
    ['echo+tcp://host:7?timeout=2', 'timeout="2" must be a duration such as'],
    ['echo+tcp://host:7?name=', 'name="" must have from 1 to 100 printable characters'],
    ['daytime+tcp://host:13?size=64', 'size is for echo and stamp targets'],
    ['tcp://host:13?size=64', 'size is for echo and stamp targets; a tcp target has no use for it'],
    ['echo+tcp://host:7?flow=new', 'flow="new" must be one of fresh, sticky, sweep, both'],
    ['daytime+tcp://host:13?flow=sticky', 'flow=sticky needs a protocol with many exchanges in a flow'],
    ['tcp://host:13?flow=both', 'flow=both needs a protocol with many exchanges in a flow'],
    ['echo+tcp://host:7?dscp=64', 'dscp="64" must be from 0 to 63, or one of df, le, ef, va, cs0, cs1'],
    ['echo+udp://host:7?dscp=af44', 'dscp="af44" must be from 0 to 63, or one of df'],
    ['echo+tcp://host:7?discover=srv', 'discover="srv" must be one of off, dns'],
    ['echo+tcp://host:7?delimiter=x', 'delimiter is for dialog targets'],
    ['echo+tcp://host:7?expect=x', 'expect must be blocked, for a target that no sample may get through to'],
    ['dialog+tcp://host:7?delimiter=-', 'delimiter="-" must have a character that is no letter, digit'],
    ['dialog+tcp://host:7?delimiter=\\q', 'delimiter="\\\\q" must not hold \\q: the escapes are'],
    ['dialog+tcp://host:7?expect=', 'expect="" must not be empty'],
    ['dialog+tcp://host:7?expect={count}', 'must not hold {count}: the one placeholder is {message}'],
  ])('should say what is wrong with %s', (text, problem) => {
    const { targets, problems } = readTargets([text]);
    expect(targets).toEqual([]);
    expect(
      problems.some((line) => line.startsWith(`${JSON.stringify(text)}: `) && line.includes(problem)),
    ).toBe(true);
  });

  it.each([
    ['echo+udp://host:7\u00a0', ['ends with a no-break space (\\u00a0)']],
    ['\ufeffdaytime+tcp://host:13', ['begins with a byte order mark (\\ufeff)']],
    ['tcp://ho\u00adst:7?flow=fresh', ['holds an invisible character (\\u00ad)']],
    ["'tcp://host:7'", ['has quotation marks around it, which no shell has taken away']],
    [
      'tcp://host:7?interval=5s%09&x%1b=1',
      [
        'interval="5s\\t" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days; it ends with a tab (\\t)',
        expect.stringContaining('there is no parameter "x\\u001b"; the'),
      ],
    ],
    ['go\u202epher://host:7', [expect.stringContaining('there is no scheme "go\\u202epher"; the')]],
    ['tcp://h\u0007:7\u0007', [expect.stringContaining('ends with')]],
  ])('should show and name invisible characters in problems: %j', (text, expected) => {
    const shown = readTargets([text]).problems.map((problem) => {
      expect(problem).not.toMatch(/(?! )[\p{C}\p{Z}]/u);
      return problem.slice(problem.indexOf('": ') + 3);
    });
    expect(shown).toEqual(expected);
  });

  it('should read the settings of a dialog', () => {
    const { targets, problems } = readTargets([
      'dialog+tcp://host:7008',
      'dialog+tcp://host:7008?name=lines&delimiter=\\r\\n&expect=echo+{message}!',
    ]);
    expect(problems).toEqual([]);
    expect(targets.map(({ dialog }) => dialog)).toEqual([
      { delimiter: '\\t', expect: 'server got:{message}' },
      { delimiter: '\\r\\n', expect: 'echo {message}!' },
    ]);
  });

  it('should make two series of a target with both flows, with ids of their own', () => {
    const { targets } = readTargets(['echo+udp://a:7?name=x&flow=both', 'session+tcp://a:7014?flow=sticky']);
    const series = targetsOf({ targets, interval: 1_000, timeout: 2_000, size: 64 });
    expect(series.map(({ id, name, flow }) => [id, name, flow])).toEqual([
      ['x', 'x', 'fresh'],
      ['x (sticky)', 'x', 'sticky'],
      ['session+tcp://a:7014', 'session+tcp://a:7014', 'sticky'],
    ]);
  });

  it('should refuse a name that is the id of another series', () => {
    const { problems } = readTargets(['echo+udp://a:7?name=x&flow=both', 'echo+udp://b:7?name=x+(sticky)']);
    expect(problems).toEqual([expect.stringMatching(/^"x \(sticky\)": more than one target has this name/)]);
  });

  it('should refuse a name that a peer may have', () => {
    const { problems } = readTargets(['tcp://a:7?name=x+@+10.0.0.7', 'tcp://b:7?name=x&discover=dns']);
    expect(problems).toEqual([
      '"x @ 10.0.0.7": "x @ ADDRESS" is how the peers of "x" are called; give it another name',
    ]);
    expect(readTargets(['tcp://a:7?name=x+@+10.0.0.7', 'tcp://b:7?name=x']).problems).toEqual([]);
  });

  it('should name all mistakes of all targets at once', () => {
    const { problems } = readTargets(['echo+tcp://:0?x=1', 'nothing', 'echo+udp://ok:7']);
    expect(problems).toHaveLength(4);
  });

  it('should refuse two targets with the same name', () => {
    const { problems } = readTargets(['echo+tcp://a:7?name=x', 'echo+udp://a:7?name=x', 'echo+udp://b:7']);
    expect(problems).toEqual([
      '"x": more than one target has this name; give each a name of its own, as in ?name=second',
    ]);
  });
});

describe('settingProblems', () => {
  const problemsOf = (url: string, defaults: { interval: number; timeout: number; size: number }) =>
    targetsOf({ targets: readTargets([url]).targets, ...defaults }).flatMap(settingProblems);

  it('should refuse a payload over UDP that does not fit a datagram', () => {
    const defaults = { interval: 1_000, timeout: 2_000, size: 65_508 };
    expect(problemsOf('echo+udp://a:7', defaults)).toEqual([
      '"echo+udp://a:7": a size of 65508 bytes is more than a datagram holds; at most 65507 over UDP',
    ]);
    expect(problemsOf('echo+udp://a:7?size=65507', defaults)).toEqual([]);
    expect(problemsOf('echo+tcp://a:7', defaults)).toEqual([]);
  });

  it('should refuse a sticky dialog without a delimiter', () => {
    const defaults = { interval: 1_000, timeout: 2_000, size: 64 };
    expect(problemsOf('dialog+tcp://a:7?delimiter=', defaults)).toEqual([]);
    expect(problemsOf('dialog+tcp://a:7?delimiter=&flow=both', defaults)).toEqual([
      '"dialog+tcp://a:7": a sticky dialog needs a delimiter: nothing else tells where one answer ends',
    ]);
    expect(problemsOf('dialog+tcp://a:7?delimiter=:&flow=both', defaults)).toEqual([
      '"dialog+tcp://a:7": the expected answer must not hold the delimiter, which ends it',
    ]);
  });

  it('should ask sessions for their SYN only', () => {
    const defaults = { interval: 1_000, timeout: 2_000, size: 64 };
    const { targets, problems } = readTargets([
      'session+tcp://a:7?syn=on&flow=both',
      'echo+tcp://a:7?syn=on',
    ]);
    expect(targetsOf({ targets, ...defaults }).map(({ flow, syn }) => [flow, syn])).toEqual([
      ['fresh', true],
      ['sticky', true],
    ]);
    expect(problems).toEqual([
      '"echo+tcp://a:7?syn=on": syn is for session targets, which can tell the SYN they received',
    ]);
  });

  it('should refuse discover=dns with an address', () => {
    const defaults = { interval: 1_000, timeout: 2_000, size: 64 };
    expect(problemsOf('echo+udp://echo:7?discover=dns&flow=both', defaults)).toEqual([]);
    expect(problemsOf('echo+udp://[fd00::7]:7?discover=dns&flow=both', defaults)).toEqual([
      '"echo+udp://[fd00::7]:7": discover=dns needs a host name to look up; "fd00::7" is an address already, ' +
        'so leave it away',
    ]);
    expect(problemsOf('echo+udp://192.0.2.7:7?discover=off', defaults)).toEqual([]);
  });

  it('should refuse a sweep that comes back to a source port before it is free', () => {
    const defaults = { interval: 837, timeout: 2_000, size: 64 };
    expect(problemsOf('tcp://a:7?flow=sweep', defaults)).toEqual([
      '"tcp://a:7": flow=sweep comes back to a source port after 144 samples, which at an interval of 837 ms and a ' +
        'timeout of 2000 ms may be before it is free; use an interval of at least 838 ms, or a shorter timeout',
    ]);
    expect(problemsOf('tcp://a:7?flow=sweep&interval=838ms', defaults)).toEqual([]);
    expect(problemsOf('echo+udp://a:7?flow=sweep&interval=50ms', defaults)[0]).toContain('at least 51 ms');
    expect(problemsOf('echo+udp://a:7?flow=sweep&interval=51ms', defaults)).toEqual([]);
  });

  it('should limit how many samples can be under way', () => {
    const [problem] = problemsOf('echo+tcp://a:7', { interval: 10, timeout: 60_000, size: 64 });
    expect(problem).toContain('can have 6000 samples under way at once, at most 4096 may be');
  });
});
