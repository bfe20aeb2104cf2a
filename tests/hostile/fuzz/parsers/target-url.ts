import { isIP } from 'node:net';
import { schemes } from '../../../../services/load-probe/src/targets/protocol.ts';
import { settingProblems } from '../../../../services/load-probe/src/targets/setting-keys.ts';
import { type TargetSpec, targetsOf } from '../../../../services/load-probe/src/targets/target.ts';
import {
  idsOf,
  readTarget,
  readTargets,
  targetProblems,
} from '../../../../services/load-probe/src/targets/url.ts';
import { type FuzzedParser, promise } from '../fuzzed-parser.ts';

const settings = { interval: 1_000, timeout: 2_000, size: 64 };
const URL_OF_TARGET = /^[a-z]+(\+[a-z]+)?:\/\/(\[[^\]]+\]|[\w.-]+):\d{1,5}$/;

/** A target, as somebody wrote it down. */
export const parser: FuzzedParser = {
  name: 'target-url',
  inputs: { brief: 1_000, full: 200_000 },
  batch: 2_000,
  maxBytes: 600,
  covers: [
    'services/load-probe/src/targets/url.ts',
    'services/load-probe/src/targets/parameters.ts',
    'services/load-probe/src/targets/setting-keys.ts',
    'services/load-probe/src/targets/target.ts',
    'services/load-probe/src/payload/dialog.ts',
    'services/load-probe/src/targets/protocol.ts',
  ],
  leastCoverage: { brief: 85, full: 85 },
  dictionary: [
    ...schemes.map((scheme) => `${scheme}://`),
    ...[
      '://',
      '[::1]',
      '[2001:db8::7]',
      '192.0.2.7',
      'localhost',
      '256.1.1.1',
      'a.b.c',
      ':7007',
      ':0',
      ':65536',
      '/',
    ],
    ...[
      '?name=',
      '&name=',
      '&interval=',
      '&timeout=',
      '&size=',
      '&flow=both',
      '&flow=sticky',
      '&flow=',
      '&delimiter=',
    ],
    ...[
      '&expect=',
      '{message}',
      '{',
      '}',
      '%5Ct',
      '\\\\t',
      '\\\\x',
      '%',
      '%00',
      '%7b',
      '+',
      '#',
      '250ms',
      '1.5s',
      '2h',
    ],
    ...[
      '1KiB',
      '16MiB',
      '__proto__=1',
      'constructor',
      'toString=',
      ',',
      ' ',
      '\\xf0\\x9f\\x98\\x80',
      '%e2%80%ae',
    ],
  ],
  seeds: [
    'echo+tcp://192.0.2.7:7007',
    'echo+udp://[2001:db8::7]:7?name=lb&interval=250ms&timeout=1s&size=1KiB&flow=both',
    'daytime+tcp://localhost:13/',
    'session+tcp://a_b.example:7014?flow=sticky&name=two+words',
    'dialog+tcp://a:7008?delimiter=%5Cr%5Cn&expect=got%7Bmessage%7D',
    'tcp://a:1?interval=1ms&timeout=1h',
    'echo+tcp://:0?x=1&x=2#y',
    'nothing',
  ].map((text) => Buffer.from(text)),

  attempt(input) {
    const text = input.toString();
    const read = readTarget(text);
    const { targets, problems } = readTargets([text]);
    if (!Array.isArray(read)) return checkTarget(read, targets, problems);
    promise(read.length > 0, () => 'neither a target nor a problem');
    promise(targets.length === 0, () => 'both a target and a problem');
    const expected = targetProblems(text, read);
    promise(
      JSON.stringify(problems) === JSON.stringify(expected),
      () => `other problems: ${problems.join('; ')}`,
    );
    return [...new Set(read.map(kindOf))].slice(0, 2).join(' ');
  },
};

function checkTarget(spec: TargetSpec, targets: readonly TargetSpec[], problems: readonly string[]): string {
  const { url, name, host, port, protocol } = spec;
  promise(URL_OF_TARGET.test(url), () => `the URL of the target is ${url}`);
  promise(port >= 1 && port <= 65_535, () => `the port is ${port}`);
  promise(host.length > 0 && host.length <= 253, () => `the host is ${host}`);
  promise(!/\p{C}/u.test(name) && name.trim() !== '', () => `the name is ${JSON.stringify(name)}`);
  // Only a name that makes two series the same can be a problem now.
  if (problems.length > 0) {
    promise(idsOf(spec).length > new Set(idsOf(spec)).size, () => problems.join('; '));
    return 'duplicate';
  }
  promise(
    JSON.stringify(targets) === JSON.stringify([spec]),
    () => `another target: ${JSON.stringify(targets)}`,
  );
  const again = readTarget(writtenUrl(spec));
  promise(
    JSON.stringify(sorted(again)) === JSON.stringify(sorted(spec)),
    () => `${JSON.stringify(spec)} reads back as ${JSON.stringify(again)}`,
  );
  const series = targetsOf({ targets: [spec], ...settings });
  promise(series.length === (spec.flow === 'both' ? 2 : 1), () => `${series.length} series`);
  const conflicts = series
    .flatMap(settingProblems)
    .map((problem) => kindOf(problem.slice(JSON.stringify(url).length)));
  return `${protocol} ${isIP(host)} ${Object.keys(spec).length} ${conflicts.join(' ')}`;
}

/** What `readTarget` takes for the same target. */
export function writtenUrl({
  url,
  name,
  intervalMs,
  timeoutMs,
  sizeBytes,
  flow,
  dialog,
  protocol,
}: TargetSpec): string {
  const query = new URLSearchParams();
  const given = {
    ...(name !== url && { name }),
    ...(intervalMs !== undefined && { interval: `${intervalMs}ms` }),
    ...(timeoutMs !== undefined && { timeout: `${timeoutMs}ms` }),
    ...(sizeBytes !== undefined && { size: `${sizeBytes}B` }),
    ...(flow !== undefined && { flow }),
    ...(protocol === 'dialog-tcp' && dialog),
  };
  for (const [key, value] of Object.entries(given)) query.append(key, value);
  return query.size === 0 ? url : `${url}?${query}`;
}

/** What a problem is about, without what it quotes. */
export function kindOf(problem: string): string {
  const words = / (must (?:not )?\S+|can't \S+|is \S+|has no \S+|needs a|there is no \w+|nothing but) /.exec(
    ` ${problem}`,
  );
  return words?.[1] ?? '';
}

/** The same for objects that differ in the order of their fields alone. */
export function sorted(value: object): unknown {
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}
