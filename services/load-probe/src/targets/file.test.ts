import { describe, expect, it } from 'vitest';
import { exampleTargetsFile } from '../commands/targets/command.ts';
import { conflictsIn, describeProblems, parseTargetsFile, targetsOfFile } from './file.ts';

const settings = { interval: 1_000, timeout: 2_000, size: 64 };

function problemsOf(text: string): string[] {
  const { entries, problems } = parseTargetsFile(text);
  return describeProblems(problems.length > 0 ? problems : conflictsIn(entries, settings));
}

describe('a targets file', () => {
  it('should give each target its own settings, those of the defaults, and those of the configuration', () => {
    const { entries, problems } = parseTargetsFile(`
defaults:
  interval: 500ms
  flow: both
  slo: { loss: 1%, p99: 20ms }
targets:
  - url: echo+tcp://192.0.2.7:7
    name: lb
    size: 1KiB
    slo: { p99: 500us }
  - url: daytime+tcp://[2001:db8::7]:13?timeout=1s
    interval: 5s
  - url: dialog+tcp://h:7008?delimiter=\\n
    flow: sticky
`);
    expect(problems).toEqual([]);
    expect(entries.map(({ line }) => line)).toEqual([7, 11, 13]);
    const series = targetsOfFile(entries, settings);
    expect(series).toMatchObject([
      { id: 'lb', flow: 'fresh', intervalMs: 500, timeoutMs: 2_000, sizeBytes: 1_024 },
      { id: 'lb (sticky)', name: 'lb', flow: 'sticky', slo: { maxLossRatio: 0.01, maxP99Ms: 0.5 } },
      // A default that does not fit a target is ignored.
      { id: 'daytime+tcp://[2001:db8::7]:13', flow: 'fresh', intervalMs: 5_000, timeoutMs: 1_000 },
      { id: 'dialog+tcp://h:7008', flow: 'sticky', dialog: { delimiter: '\\n' }, slo: { maxP99Ms: 20 } },
    ]);
    expect(series).toHaveLength(4);
  });

  it('should be YAML with anchors, aliases and quotes', () => {
    const { entries, problems } = parseTargetsFile(`
defaults: &often { interval: 100ms }
targets:
  - &first { url: "echo+tcp://a:7", name: 'A "quoted" name' }
  - { url: echo+tcp://b:7, slo: &slo { loss: 0.5% } }
  - { url: echo+tcp://c:7, slo: *slo }
`);
    expect(problems).toEqual([]);
    expect(entries.map(({ spec }) => spec.name)).toEqual([
      'A "quoted" name',
      'echo+tcp://b:7',
      'echo+tcp://c:7',
    ]);
    expect(entries[2]?.spec.slo).toEqual({ maxLossRatio: 0.005 });
  });

  it('should ask for the SYN by default where a target can tell it, and mark every target', () => {
    const { entries, problems } = parseTargetsFile(`
defaults: { syn: on, dscp: af41 }
targets:
  - { url: "session+tcp://a:1" }
  - { url: "session+tcp://b:1", flow: sticky }
  - { url: "session+tcp://c:1", syn: off, dscp: 0 }
  - { url: "echo+udp://d:1" }
`);
    expect(problems).toEqual([]);
    expect(targetsOfFile(entries, settings).map(({ dscp, syn = false }) => [dscp, syn])).toEqual([
      [34, true],
      [34, true],
      [0, false],
      [34, false],
    ]);
  });

  it('should discover the peers of every name by default, and not those of an address', () => {
    const { entries } = parseTargetsFile(`
defaults: { discover: dns }
targets:
  - url: echo+tcp://echo:7
  - url: echo+udp://192.0.2.7:7
  - { url: "tcp://lb:7", discover: off }
  - url: daytime+tcp://time:13?discover=dns
`);
    expect(conflictsIn(entries, settings)).toEqual([]);
    expect(targetsOfFile(entries, settings).map(({ host, discover }) => [host, discover])).toEqual([
      ['echo', 'dns'],
      ['192.0.2.7', undefined],
      ['lb', undefined],
      ['time', 'dns'],
    ]);
  });

  it('should read an alias as the value of its anchor', () => {
    const text =
      'targets:\n  - { url: &one "tcp://h:1", timeout: &t 1s }\n  - { url: "tcp://h:2", timeout: *t }\n';
    expect(problemsOf(text)).toEqual([]);
    expect(parseTargetsFile(text).entries.map(({ spec }) => spec.timeoutMs)).toEqual([1_000, 1_000]);
  });

  it('should have a valid example in the help', () => {
    expect(problemsOf(exampleTargetsFile)).toEqual([]);
    expect(parseTargetsFile(exampleTargetsFile).entries).toHaveLength(2);
  });

  it.each([
    ['', 'line 1: the file must be a mapping with a list of targets'],
    ['- url: tcp://h:1\n', 'line 1: the file must be a mapping with a list of targets'],
    ['target: []\n', 'line 1: the file can\'t have "target"; the keys are defaults, targets'],
    ['defaults: {}\n', 'line 1: targets must be a list with at least one target'],
    ['\ntargets: []\n', 'line 2: targets must be a list with at least one target'],
    ['targets:\n  - tcp://h:1\n', 'line 2: a target must be a mapping with a url, such as - url: '],
    ['targets:\n  - name: x\n', 'line 2: a target must have a url'],
    ['targets:\n  - url:\n', 'line 2: url must have a value'],
    ['targets:\n  - url: tcp://h\n', 'line 2: "tcp://h": has no port'],
    [
      'targets:\n  - url: tcp://h:1\n    colour: red\n',
      'line 3: a target can\'t have "colour"; the keys are url,',
    ],
    ['targets:\n  - url: tcp://h:1\n    interval: 1\n', 'line 3: interval="1" must be a duration'],
    [
      'targets:\n  - url: tcp://h:1\n    timeout: 2h\n',
      'line 3: timeout="2h" must be a duration from 1ms to 1h',
    ],
    ['targets:\n  - url: tcp://h:1\n    timeout: [2s]\n', 'line 3: timeout must have a value'],
    ['targets:\n  - url: tcp://h:1\n    name: ""\n', 'line 3: name must have a value'],
    ['targets:\n  - url: tcp://h:1\n    size: 64\n', 'line 3: size is for echo and stamp targets'],
    [
      'targets:\n  - url: tcp://h:1\n    flow: both\n',
      'line 3: flow=both needs a protocol with many exchanges',
    ],
    ['targets:\n  - url: tcp://h:1\n    slo: 1%\n', 'line 3: slo must be a mapping with loss or p99'],
    [
      'targets:\n  - url: tcp://h:1\n    slo: { p50: 1ms }\n',
      'line 3: slo can\'t have "p50"; the keys are loss, p99',
    ],
    [
      'targets:\n  - url: tcp://h:1\n    slo: { loss: 1 }\n',
      'line 3: slo: loss="1" must be a percentage from 0%',
    ],
    [
      'targets:\n  - url: tcp://h:1\n    slo: { p99: 20 }\n',
      'line 3: slo: p99="20" must be a time such as 500us',
    ],
    [
      'defaults: 1s\ntargets:\n  - url: tcp://h:1\n',
      'line 1: defaults must be a mapping with any of interval',
    ],
    ['defaults:\n  name: x\ntargets:\n  - url: tcp://h:1\n', 'line 2: the defaults can\'t have "name"'],
    ['defaults:\n  flow: new\ntargets:\n  - url: tcp://h:1\n', 'line 2: flow="new" must be one of fresh'],
    [
      'targets:\n  - url: tcp://h:1\n  - url: tcp://h:1\n',
      'line 3: "tcp://h:1": the target of line 2 has this name',
    ],
    [
      'targets:\n  - { url: "echo+tcp://h:1", name: x, flow: both }\n  - { url: "tcp://h:1", name: x (sticky) }\n',
      'line 3: "x (sticky)": the target of line 2 has this name',
    ],
    [
      'targets:\n  - url: tcp://h:1?interval=1s\n    interval: 2s\n',
      'line 2: "tcp://h:1?interval=1s": has "interval" in its query and as a key',
    ],
    ['targets:\n  - url: tcp://h:1\n    interval: 1s\n    interval: 2s\n', 'line 4: Map keys must be unique'],
    ['targets:\n  - url: tcp://h:1\n    discover: mdns\n', 'line 3: discover="mdns" must be one of off, dns'],
    [
      'targets:\n\n  - url: tcp://192.0.2.7:1\n    discover: dns\n',
      'line 3: "tcp://192.0.2.7:1": discover=dns needs a host name to look up; "192.0.2.7" is an address',
    ],
    [
      'targets:\n  - { url: "tcp://h:1", name: x @ y }\n  - { url: "tcp://h:2", name: x, discover: dns }\n',
      'line 2: "x @ y": "x @ ADDRESS" is how the peers of "x" are called',
    ],
    ['targets:\n  - url: "tcp://h:1\n', 'line 3: Missing closing "quote'],
    [
      'targets:\n  - url: *nope\n',
      'line 2: there is no anchor "&nope" before the alias "*nope": write the value',
    ],
    ['targets:\n  - url: tcp://h:1\n    timeout: *nope\n', 'line 3: there is no anchor "&nope" before'],
    ['targets:\n  - *nope\n', 'line 2: there is no anchor "&nope" before'],
    ['targets: *nope\n', 'line 1: there is no anchor "&nope" before'],
    ['*nope\n', 'line 1: there is no anchor "&nope" before'],
    ['targets:\n  - *late\n  - &late { url: "tcp://h:1" }\n', 'line 2: there is no anchor "&late" before'],
    [
      'targets:\n  - url: echo+udp://h:1\n\n    size: 65508\n',
      'line 2: "echo+udp://h:1": a size of 65508 bytes',
    ],
  ])('should not be %j', (text, problem) => {
    const [first = 'nothing', ...more] = problemsOf(text);
    expect(first.startsWith(problem), first).toBe(true);
    expect(more).toEqual(more.filter((line) => /^line \d+: targets must be/.test(line)));
  });

  it.each([
    ['targets: [{ url: "tcp://h:1\\t" }]', '"tcp://h:1\\t": ends with a tab (\\t)'],
    ['targets: [{ url: "tcp://h:1", "\\u200bname": x }]', 'a target can\'t have "\\u200bname"; the keys are'],
    [
      'targets: [{ url: "tcp://h:1", timeout: "1s\\u2003" }]',
      'timeout="1s\\u2003" must be a duration such as 250ms, 2s, 2m or 1h, at most 24 days; ' +
        'it ends with an invisible character (\\u2003)',
    ],
    [
      'targets: [{ url: "tcp://h:1", slo: { loss: "\\u00a01%" } }]',
      'slo: loss="\\u00a01%" must be a percentage from 0% to 100%, such as 0.5%; ' +
        'it begins with a no-break space (\\u00a0)',
    ],
  ])('should have invisible characters shown and named in problems: %s', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems.map((line) => line.slice('line 1: '.length, 'line 1: '.length + problem.length))).toEqual(
      [problem],
    );
  });

  it('should have all its mistakes reported, in the order of their lines', () => {
    const problems = problemsOf(
      'targets:\n  - url: gopher://h\n    size: big\n  - name: x\n    colour: red\ndefaults:\n  flow: x\n',
    );
    expect(problems.map((line) => /^line \d+/.exec(line)?.[0])).toEqual([
      'line 2',
      'line 2',
      'line 3',
      'line 4',
      'line 5',
      'line 7',
    ]);
  });
});
