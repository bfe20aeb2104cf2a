import { type CommonConfig, commonKeys, type Key, type Keys, text } from '@echo-daytime/runtime';
import { intervalKey, settingProblems, sizeKey, timeoutKey } from './setting-keys.ts';
import { type TargetConfig, type TargetSpec, targetsOf } from './target.ts';
import { readTargets } from './target-url.ts';

/** The configuration of `monitor`. */
export interface ProbeConfig extends CommonConfig, TargetConfig {}

/** The services of this project where `npm start` has them. An address, so that no resolver takes part. */
const LOCAL_TARGETS =
  'echo+tcp://127.0.0.1:7007,echo+udp://127.0.0.1:7007,daytime+tcp://127.0.0.1:7013,daytime+udp://127.0.0.1:7013';

export const probeKeys: Keys<ProbeConfig> = {
  ...commonKeys({ adminPort: '8080' }),
  targets: targetsKey(),
  interval: intervalKey('1s'),
  timeout: timeoutKey('2s'),
  size: sizeKey('64'),
};

export function probeProblems(config: ProbeConfig): readonly string[] {
  return targetsOf(config).flatMap(settingProblems);
}

function targetsKey(): Key<readonly TargetSpec[]> {
  const doc =
    'What to probe: URLs separated by commas or white space, each SCHEME://HOST:PORT with ' +
    '?name=…&interval=…&timeout=…&size=… where it differs from the rest';
  return text(LOCAL_TARGETS, doc, (value) => {
    const { targets, problems } = readTargets(value.split(/[\s,]+/).filter((item) => item !== ''));
    if (problems.length > 0)
      throw new Error(`can't be used:${problems.map((line) => `\n    ${line}`).join('')}`);
    if (targets.length === 0) throw new Error('must name at least one target, such as echo+tcp://host:7007');
    return targets;
  });
}
