import { parse } from 'yaml';
import { read, trackedFiles } from './tracked-files.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly interval?: string;
    readonly rules: readonly (RecordingRule | AlertingRule)[];
  }[];
}

export interface RuleTestFile {
  readonly rule_files: readonly string[];
  readonly tests: readonly {
    readonly name: string;
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts?: readonly unknown[];
    }[];
  }[];
}

export const PROMETHEUS_FOLDER = 'deploy/prometheus';

export const ruleTestPaths: readonly string[] = trackedFiles.filter((path) =>
  path.startsWith(`${PROMETHEUS_FOLDER}/tests/`),
);

export const ruleTests: readonly RuleTestFile[] = ruleTestPaths.map((path) => parse(read(path)));

export const ruleGroups = trackedFiles
  .filter((path) => path.startsWith(`${PROMETHEUS_FOLDER}/rules/`))
  .flatMap((path) => (parse(read(path)) as RuleFile).groups);

const rules = ruleGroups.flatMap((group) => group.rules);

export const recordingRules: readonly RecordingRule[] = rules.filter((rule) => 'record' in rule);

export const alertingRules: readonly AlertingRule[] = rules.filter((rule) => 'alert' in rule);
