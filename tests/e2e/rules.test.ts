import { describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { questions } from '../repo/dashboard-files.ts';
import { documentedExpressions } from '../repo/operations-page.ts';
import {
  alertingRules,
  PROMETHEUS_FOLDER,
  ruleGroups,
  ruleTestPaths,
  ruleTests,
} from '../repo/rule-files.ts';
import { engineProblem } from './engine.ts';
import { parseExpressions, promtool } from './promtool.ts';

/** Each call starts a container. */
const PROMTOOL_TIMEOUT_MS = 120_000;

describe('promtool', { ...skipFor(engineProblem), timeout: PROMTOOL_TIMEOUT_MS }, () => {
  it('should find the configuration and its rules well formed', async () => {
    const { code, stdout, stderr } = await promtool(['check', 'config', 'prometheus.yml']);
    expect(code, stdout + stderr).toBe(0);
    const counts = [...stdout.matchAll(/SUCCESS: (\d+) rules found/g)].map(([, count]) => Number(count));
    const rules = ruleGroups.reduce((sum, group) => sum + group.rules.length, 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rules);
    expect(stdout + stderr).not.toContain('duplicate');
  });

  it('should find every alert firing and quiet as expected', async () => {
    const files = ruleTestPaths.map((path) => path.slice(PROMETHEUS_FOLDER.length + 1));
    const { code, stdout, stderr } = await promtool(['test', 'rules', ...files]);
    expect(code, stdout + stderr).toBe(0);
    expect((stdout + stderr).match(/SUCCESS/g)).toHaveLength(files.length);
  });

  it.each([
    ['a dashboard', questions],
    ['a runbook', documentedExpressions],
  ])('should parse every expression of %s', async (_where, asked) => {
    const { code, stdout, stderr } = await parseExpressions(asked.map(({ expr }) => expr));
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain(`SUCCESS: ${asked.length} rules found`);
  });

  it('should report an invalid expression', async () => {
    const { code, stderr } = await parseExpressions(['sum by (le (up)']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('parse error');
  });
});

it.each(alertingRules.map(({ alert }) => alert))('should have %s tested both firing and quiet', (alert) => {
  const cases = ruleTests
    .flatMap(({ tests }) => tests.flatMap((test) => test.alert_rule_test ?? []))
    .filter(({ alertname }) => alertname === alert)
    .map(({ exp_alerts = [] }) => exp_alerts.length > 0);
  expect(new Set(cases)).toEqual(new Set([true, false]));
});
