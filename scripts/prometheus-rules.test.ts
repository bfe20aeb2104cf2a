import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesIn, OBJECTS, prometheusRules, RULES, ruleFilesIn } from './prometheus-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const alerts = `# Why each is there.
groups:
  - name: paths
    rules:
      - alert: PathDown
        expr: |
          l4_probe_up == 0

          and on () vector(1)
        annotations:
          summary: "{{ $labels.target }} is down"
`;
const recording =
  'groups:\n  - name: recording\n    rules: [{ record: job:up:sum, expr: sum by (job) (up) }]\n';

describe('the PrometheusRule of a rule file', () => {
  const files = prometheusRules(
    new Map([
      ['recording.yml', recording],
      ['alerts.yaml', alerts],
    ]),
  );

  it('should have the rule file as its spec, including blank lines', () => {
    expect(parse(files.get('alerts.yaml')!)).toEqual({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'echo-daytime-alerts' },
      spec: parse(alerts),
    });
    expect(parse(files.get('recording.yaml')!).spec).toEqual(parse(recording));
  });

  it('should keep the comment of the file', () => {
    expect(files.get('alerts.yaml')).toContain('  # Why each is there.\n');
  });

  it('should be named in the kustomization, beside the others', () => {
    expect([...files.keys()]).toEqual(['kustomization.yaml', 'alerts.yaml', 'recording.yaml']);
    expect(parse(files.get('kustomization.yaml')!).resources).toEqual(['alerts.yaml', 'recording.yaml']);
  });
});

describe('the kustomization of no rules', () => {
  it('should still be a kustomization', () => {
    const files = prometheusRules(new Map());
    expect([...files.keys()]).toEqual(['kustomization.yaml']);
    expect(parse(files.get('kustomization.yaml')!).resources).toEqual([]);
  });
});

describe('rule files', () => {
  it('should be distinguished from other files in their folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-rules-'));
    try {
      for (const name of ['alerts.yml', 'loss.yaml', 'README.md', 'alerts.yml.orig'])
        writeFileSync(join(folder, name), name);
      expect([...ruleFilesIn(folder)].sort()).toEqual([
        ['alerts.yml', 'alerts.yml'],
        ['loss.yaml', 'loss.yaml'],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe(OBJECTS, () => {
  it('should be what `node scripts/prometheus-rules.ts` makes of the rules', () => {
    const made = prometheusRules(ruleFilesIn(join(root, RULES)));
    expect(Object.fromEntries(filesIn(join(root, OBJECTS)))).toEqual(Object.fromEntries(made));
  });
});
