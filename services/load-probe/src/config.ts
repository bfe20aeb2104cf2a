import { isDeepStrictEqual } from 'node:util';
import {
  type CommonConfig,
  choice,
  commonKeys,
  identityKeys,
  type Key,
  type Keys,
  quoted,
  text,
} from '@echo-daytime/runtime';
import { type MetricsDetail, metricsDetails } from './monitor/metrics-detail.ts';
import { type UdpEngineChoice, udpEngines } from './net/udp-engine.ts';
import { type Endpoint, readEndpoint } from './targets/endpoint.ts';
import {
  conflictsIn,
  describeProblems,
  type FileEntry,
  parseTargetsFile,
  targetsOfFile,
} from './targets/file.ts';
import { readTargetsFile } from './targets/load-file.ts';
import { isUdp } from './targets/protocol.ts';
import {
  conflictsAmong,
  discoverIntervalKey,
  intervalKey,
  sizeKey,
  timeoutKey,
} from './targets/setting-keys.ts';
import { type Target, type TargetConfig, type TargetSpec, targetsOf } from './targets/target.ts';
import { readTargets } from './targets/url.ts';

/** The configuration of `monitor`. */
export interface ProbeConfig extends CommonConfig, TargetConfig {
  /** In place of `targets`. */
  readonly targetsFile: ConfiguredFile | undefined;
  /** Milliseconds. */
  readonly discoverInterval: number;
  /** The status pages of a mesh of probes; undefined = this one is in none. */
  readonly mesh: Endpoint | undefined;
  /** Where this probe runs; empty = not known. */
  readonly nodeName: string;
  readonly zoneName: string;
  readonly udpEngine: UdpEngineChoice;
  readonly metricsDetail: MetricsDetail;
}

export interface ConfiguredFile {
  readonly path: string;
  readonly entries: readonly FileEntry[];
}

/** The services of this project as `npm start` opens them. Addresses, so that no lookup is needed. */
const LOCAL_TARGETS = [
  'echo+tcp://127.0.0.1:7007?flow=both',
  'echo+udp://127.0.0.1:7007?flow=both',
  'stamp+udp://127.0.0.1:7862?flow=sticky',
  'dialog+tcp://127.0.0.1:7008',
  'daytime+tcp://127.0.0.1:7013',
  'daytime+udp://127.0.0.1:7013',
  'session+tcp://127.0.0.1:7014',
].join();

const { nodeName, zoneName } = identityKeys();

export const probeKeys: Keys<ProbeConfig> = {
  ...commonKeys({ adminPort: '8080' }),
  targets: targetsKey(),
  targetsFile: targetsFileKey(),
  interval: intervalKey('1s'),
  timeout: timeoutKey('2s'),
  size: sizeKey('64'),
  discoverInterval: discoverIntervalKey('10s'),
  mesh: meshKey(),
  nodeName,
  zoneName,
  udpEngine: choice(
    udpEngines,
    'auto',
    'UDP engine: batch = with ICMP reports and timestamps of the kernel, on Linux; dgram = node:dgram; auto = batch where it works',
  ),
  metricsDetail: choice(
    metricsDetails,
    'normal',
    'Metrics of each target: normal = at most 60 series for a fresh flow; full = all buckets, phases and outcomes',
  ),
};

export function probeProblems(config: ProbeConfig): readonly string[] {
  const { targets, targetsFile } = config;
  // Both flows of a target have the same problem.
  const unmarked = new Set(configuredTargets(config).flatMap((target) => unmarkedProblem(target, config)));
  if (!targetsFile) return [...conflictsAmong(targetsOf(config)), ...unmarked];
  const problems = describeProblems(conflictsIn(targetsFile.entries, config)).map(
    (line) => `TARGETS_FILE=${quoted(targetsFile.path)} ${line}`,
  );
  problems.push(...unmarked);
  const isDefault = isDeepStrictEqual(targets, probeKeys.targets.parse(probeKeys.targets.default));
  if (!isDefault) problems.push('TARGETS and TARGETS_FILE both say what to probe: give one of them');
  return problems;
}

function unmarkedProblem({ dscp, protocol, url }: Target, { udpEngine }: ProbeConfig): string[] {
  if (dscp === undefined || udpEngine !== 'dgram' || !isUdp(protocol)) return [];
  return [`${quoted(url)}: UDP_ENGINE=dgram can't mark datagrams with dscp=${dscp}; set it to auto or batch`];
}

/** The configuration for the log. With a targets file it omits TARGETS, whose default is not probed then. */
export function effectiveConfig({ targets, ...others }: ProbeConfig): Partial<ProbeConfig> {
  return others.targetsFile ? others : { targets, ...others };
}

/** The targets at the start. */
export function configuredTargets(config: ProbeConfig): Target[] {
  return config.targetsFile ? targetsOfFile(config.targetsFile.entries, config) : targetsOf(config);
}

function targetsKey(): Key<readonly TargetSpec[]> {
  const doc =
    'What to probe: URLs separated by commas or white space, each SCHEME://HOST:PORT with ' +
    '?name=…&interval=…&timeout=…&size=…&flow=… for settings of that target only';
  return text(LOCAL_TARGETS, doc, (value) => {
    const { targets, problems } = readTargets(value.split(/[\s,]+/).filter((item) => item !== ''));
    if (problems.length > 0) throw new Error(unusable(problems));
    if (targets.length === 0) throw new Error('must name at least one target, such as echo+tcp://host:7007');
    return targets;
  });
}

function meshKey(): Key<Endpoint | undefined> {
  const doc =
    'HOST:PORT of the status pages of all probes of a mesh, a name with the address of each: the page shows all of them';
  return text('', doc, (value) => {
    if (value === '') return undefined;
    try {
      return readEndpoint(value, 'tcp');
    } catch (error) {
      throw new Error(`must be HOST:PORT, such as load-probe-admin:8080; it ${(error as Error).message}`);
    }
  });
}

function targetsFileKey(): Key<ConfiguredFile | undefined> {
  const doc = 'YAML file with the targets, in place of TARGETS; read again when it changes';
  return text('', doc, (path) => {
    if (path === '') return undefined;
    const { entries, problems } = parseTargetsFile(readTargetsFile(path));
    if (problems.length > 0) throw new Error(unusable(describeProblems(problems)));
    return { path, entries };
  });
}

function unusable(problems: readonly string[]): string {
  return `can't be used:${problems.map((line) => `\n    ${line}`).join('')}`;
}
