import { expect, it } from 'vitest';
import { parseTargetsFile } from './file.ts';
import { conflictsAmong } from './setting-keys.ts';
import { targetsOf } from './target.ts';
import { readTarget, readTargets } from './url.ts';

function targetsOfUrls(...urls: readonly string[]) {
  const { problems, targets } = readTargets(urls);
  expect(problems).toEqual([]);
  return targetsOf({ targets, interval: 1_000, timeout: 2_000, size: 64 });
}

function controlOf(...urls: readonly string[]): (string | undefined)[] {
  const targets = targetsOfUrls(...urls);
  expect(conflictsAmong(targets)).toEqual([]);
  return targets.flatMap(({ expect: must, provenBy }) => (must ? [provenBy?.id] : []));
}

const DENIED = 'tcp://a:1?expect=blocked';

it('should be the first target of the same host that must pass, for both flows', () => {
  expect(controlOf('echo+tcp://b:7', 'tcp://a:2?expect=blocked', DENIED, 'echo+tcp://a:7?flow=both')).toEqual(
    ['echo+tcp://a:7', 'echo+tcp://a:7'],
  );
  expect(controlOf('echo+udp://a:7', 'echo+udp://a:8?expect=blocked&flow=both')).toEqual(
    Array(2).fill('echo+udp://a:7'),
  );
  // One that is sampled often enough rather than the first.
  expect(controlOf('echo+tcp://a:7?interval=5s', 'echo+udp://a:7', DENIED)).toEqual(['echo+udp://a:7']);
});

it('should be the target with the name that is given', () => {
  expect(controlOf('tcp://a:7', 'tcp://b:7?name=lb', `${DENIED}&control=lb`)).toEqual(['lb']);
});

it.each([
  [
    [DENIED, 'tcp://b:7'],
    /expect=blocked needs a control, .*: add one, such as echo\+tcp:\/\/a:7, or name one/,
  ],
  [['tcp://[::1]:1?expect=blocked'], /such as echo\+tcp:\/\/\[::1\]:7/],
  [[`${DENIED}&control=lb`, 'tcp://a:7'], /control=lb is the name of no target; .* are "tcp:\/\/a:7"$/],
  [
    [`${DENIED}&control=x`, 'tcp://b:7?name=x&expect=blocked', 'tcp://b:8'],
    /control=x must be blocked itself/,
  ],
  [[DENIED, 'tcp://a:7?interval=5s'], /has an interval of 5000 ms, longer than that of 1000 ms/],
  [[`${DENIED}&control=p`, 'tcp://a:7?name=p&discover=dns'], /"p" must have discover=off too/],
  [['tcp://a:1?control=x', 'tcp://b:1?name=x'], /control= is for a target that must be blocked/],
  [
    ['echo+udp://a:1?expect=blocked&flow=sweep', 'tcp://a:7'],
    /flow=sweep tells which source ports lose more/,
  ],
])('should be told what is wrong with %j', (urls, problem) => {
  const problems = conflictsAmong(targetsOfUrls(...urls));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});

it('should let a dialog expect an answer, but for the word blocked', () => {
  expect(readTarget('dialog+tcp://a:1?expect=hello')).toMatchObject({ dialog: { expect: 'hello' } });
  expect(readTarget('dialog+tcp://a:1?expect=%5Cx62locked')).toMatchObject({
    dialog: { expect: '\\x62locked' },
  });
  expect(readTarget('dialog+tcp://a:1?expect=blocked')).toMatchObject({
    expect: 'blocked',
    dialog: { expect: 'server got:{message}' },
  });
  expect(readTarget('echo+tcp://a:1?expect=hello')).toEqual([
    expect.stringMatching(/^expect must be blocked, /),
  ]);
});

it('should be a key of a target in a file, and of no defaults', () => {
  const { entries, problems } = parseTargetsFile(`
defaults: { slo: { loss: 1% } }
targets:
  - { url: tcp://a:1, expect: blocked, control: lb }
  - { url: tcp://a:7, name: lb }
`);
  expect(problems).toEqual([]);
  expect(entries[0]!.spec).toMatchObject({ expect: 'blocked', control: 'lb' });
  expect(entries[0]!.spec.slo).toBeUndefined();
  const bad = parseTargetsFile(
    'defaults: { expect: blocked }\ntargets:\n  - { url: dialog+tcp://a:1, expect: hi }',
  );
  expect(bad.problems.map(({ text }) => text)).toEqual([
    expect.stringContaining('the defaults can\'t have "expect"'),
    expect.stringMatching(/^expect must be blocked here; /),
  ]);
});
