import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { plain, tableOf } from '../harness/markdown.ts';
import { dashboardPaths, dashboards, questions } from './dashboard-files.ts';
import { exposedBy } from './exposed-metrics.ts';
import { documentedExpressions } from './operations-page.ts';
import { groupedBy, type Matcher, selectorsOf } from './promql.ts';
import { alertingRules, PROMETHEUS_FOLDER, recordingRules, ruleGroups } from './rule-files.ts';
import { services } from './services.ts';
import { read } from './tracked-files.ts';

const PAGE = 'docs/monitoring.md';
/** What Prometheus makes by itself, https://prometheus.io/docs/concepts/jobs_instances/ and its alerts' own series. */
const PROMETHEUS_OWN = new Set(['up', 'ALERTS']);
/** Labels that are no service's: of scrapes and alerts, and those that only some deployments and targets have. */
const OTHER_LABELS = ['job', 'instance', 'alertname', 'alertstate', 'severity', 'node', 'peer', 'from', 'to'];
/** Labels that the Prometheus Operator puts on what it scrapes, and our ServiceMonitor's `node`. */
const DISCOVERED = ['container', 'endpoint', 'instance', 'job', 'namespace', 'node', 'pod', 'service'];

const rules = [...alertingRules, ...recordingRules];
const asked = [
  ...questions.map((question) => ({ ...question, named: labelsIn(question.format, /\{\{(\w+)\}\}/g) })),
  ...rules.map((rule) => ({
    where: 'alert' in rule ? rule.alert : rule.record,
    expr: rule.expr,
    named: 'alert' in rule ? labelsIn(JSON.stringify(rule.annotations), /\$labels\.(\w+)/g) : [],
    isTable: false,
  })),
  ...documentedExpressions.map((expression) => ({ ...expression, named: [], isTable: false })),
];

describe('what rules, dashboards and runbooks ask for', () => {
  const values = new Map<string, Map<string, Set<string>>>();
  const labels = new Set<string>(OTHER_LABELS);

  beforeAll(async () => {
    const families = (await Promise.all(services.map(exposedBy))).flatMap((scraped) => [...scraped.values()]);
    for (const { name, labels: set } of families.flatMap(({ series }) => series)) {
      const known = values.get(name) ?? new Map<string, Set<string>>();
      for (const [label, value] of Object.entries(set)) {
        known.set(label, (known.get(label) ?? new Set()).add(value));
        labels.add(label);
      }
      values.set(name, known);
    }
  });

  it('should be exposed by a service or recorded by a rule', () => {
    const recorded = new Set(recordingRules.map(({ record }) => record));
    const isKnown = (metric: string): boolean =>
      values.has(metric) || recorded.has(metric) || PROMETHEUS_OWN.has(metric);
    const unknown = asked.flatMap(({ where, expr }) =>
      selectorsOf(expr)
        .filter(({ metric }) => !isKnown(metric))
        .map(({ metric }) => `${where}: ${metric}`),
    );
    expect(unknown).toEqual([]);
    expect(values.size).toBeGreaterThan(50);
  });

  it('should have the labels and the values of labels that it is asked by', () => {
    const wrong = asked.flatMap(({ where, expr }) =>
      selectorsOf(expr).flatMap(({ metric, matchers }) =>
        matchers
          .filter((matcher) => !matches(matcher, values.get(metric)))
          .map(({ label, operator, value }) => `${where}: ${metric}{${label}${operator}"${value}"}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('should have the labels that it is grouped and named by', () => {
    const used = asked.flatMap(({ where, expr, named }) =>
      [...groupedBy(expr), ...named].map((label) => ({ where, label })),
    );
    expect(used.filter(({ label }) => !labels.has(label))).toEqual([]);
    expect(used.length).toBeGreaterThan(50);
  });

  // A label that discovery sets as well comes from a service as `exported_…`, and only where it is discovered so.
  it('should not be told apart by labels that mean something else on a cluster', () => {
    const taken = (metric: string): string[] =>
      [...(values.get(metric)?.keys() ?? [])].filter((label) => DISCOVERED.includes(label));
    expect([...values.keys()].filter((metric) => taken(metric).length > 0)).toEqual(['l4_build_info']);
    const wrong = asked.flatMap(({ where, expr, named, isTable }) => {
      const selectors = selectorsOf(expr);
      const labels = selectors.flatMap(({ metric }) => taken(metric));
      const used = [
        ...groupedBy(expr),
        ...named,
        ...selectors.flatMap(({ matchers }) => matchers.map(({ label }) => label)),
        ...(isTable && groupedBy(expr).length === 0 ? labels : []),
      ];
      return used.filter((label) => labels.includes(label)).map((label) => `${where}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  function matches({ label, value }: Matcher, known: Map<string, Set<string>> | undefined): boolean {
    const present = known?.get(label);
    if (!present) return known ? OTHER_LABELS.includes(label) : labels.has(label);
    // Every alternative has to be one that exists, or a typing error would select all or nothing.
    return value
      .split('|')
      .every((alternative) =>
        [...present].some((candidate) => new RegExp(`^(?:${alternative})$`).test(candidate)),
      );
  }
});

describe('every alert', () => {
  it.each(alertingRules)('should tell how bad $alert is, what it means and what to do', (rule) => {
    expect(rule.alert).toMatch(/^L4[A-Z]\w+$/);
    expect(rule.labels?.severity).toMatch(/^(critical|warning|info)$/);
    const { summary, description, check_next, runbook, ...others } = rule.annotations ?? {};
    expect(others).toEqual({});
    expect(summary).toMatch(/\{\{ \$labels\./);
    expect(description).toMatch(/\{\{ \$labels\..*\.$/);
    expect(check_next?.length).toBeGreaterThan(40);
    expect(runbook).toBe(`docs/operations.md#${rule.alert.toLowerCase()}`);
  });

  it('should have a name of its own', () => {
    const names = alertingRules.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
  });

  it('should be evaluated as often here as elsewhere', () => {
    expect(ruleGroups.filter(({ interval }) => interval === undefined)).toEqual([]);
  });
});

describe(PAGE, () => {
  it('should list every alert with how bad it is', () => {
    const rows = tableOf(PAGE, 'Alerts').map(([alert, severity]) => `${plain(alert)} ${severity}`);
    expect(rows.sort()).toEqual(
      alertingRules.map(({ alert, labels }) => `${alert} ${labels?.severity}`).sort(),
    );
  });

  it('should list every series that is recorded', () => {
    const rows = tableOf(PAGE, 'Recorded series').map(([name]) => plain(name));
    expect(rows.sort()).toEqual([...new Set(recordingRules.map(({ record }) => record))].sort());
  });

  it('should name the objective as it is', () => {
    const bound = recordingRules.find(({ record }) => record === 'l4:probe_rtt_within_objective:count')?.expr;
    const budget = recordingRules.find(({ record }) => record === 'l4:probe_rtt_slow_budget:ratio')?.expr;
    const promised = 1 - Number(/^vector\((.+)\)$/.exec(budget ?? '')?.[1]);
    const withinMs = Number(/le="(.+)"/.exec(bound ?? '')?.[1]) * 1000;
    expect(read(PAGE)).toContain(
      `${promised * 100} % of the replies of every target arrive within ${withinMs} ms`,
    );
  });
});

describe('the configuration of Prometheus', () => {
  it('should scrape every service under its name, and expect each', () => {
    const { scrape_configs } = parse(read(`${PROMETHEUS_FOLDER}/prometheus.yml`));
    const jobs = (scrape_configs as { job_name: string }[]).map(({ job_name }) => job_name);
    expect(jobs.sort()).toEqual([...services, 'prometheus'].sort());
    const { rules: objectives } = ruleGroups.find(({ name }) => name === 'objectives')!;
    const expected = objectives.map((rule) => (rule as { labels?: { job?: string } }).labels?.job);
    expect(expected.filter((job) => job !== undefined).sort()).toEqual([...services].sort());
  });
});

describe('the provisioning of Grafana', () => {
  const folder = 'deploy/grafana/provisioning';
  const { services: containers } = parse(read('docker-compose.yml'));

  it('should have the data source that every question is for', () => {
    const { datasources } = parse(read(`${folder}/datasources/prometheus.yml`));
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }]);
    const used = dashboards.flatMap(({ panels, templating, annotations }) => [
      ...panels.filter(({ type }) => type !== 'row').map(({ datasource }) => datasource?.uid),
      ...[...templating.list, ...annotations.list].map(({ datasource }) => datasource.uid),
    ]);
    expect(new Set(used)).toEqual(new Set([datasources[0].uid]));
  });

  it('should look for the dashboards where compose puts them', () => {
    const { providers } = parse(read(`${folder}/dashboards/dashboards.yml`));
    const { path } = providers[0].options;
    expect(containers.grafana.volumes).toContain(`./deploy/grafana/dashboards:${path}:ro`);
    expect(containers.grafana.volumes).toContain(`./${folder}:/etc/grafana/provisioning:ro`);
    const home: string = containers.grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
    expect(dashboardPaths).toContain(home.replace(path, 'deploy/grafana/dashboards'));
  });

  it('should pin the images', () => {
    const images = [containers.prometheus.image, containers.grafana.image];
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });
});

describe.each(dashboards)('the dashboard $title', ({ uid, panels, templating }) => {
  it('should have panels of its own that do not overlap', () => {
    expect(uid).toMatch(/^echo-daytime-/);
    expect(panels.map(({ id }) => id)).toEqual([...new Set(panels.map(({ id }) => id))]);
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
      expect(x + w, title).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
    });
    expect(cells.length).toBe(new Set(cells).size);
  });

  it('should use every variable that it has and have every one that it uses', () => {
    const written = JSON.stringify([panels, templating]);
    const used = new Set([...written.matchAll(/\\"\$(\w+)\\"/g)].map(([, name]) => name!));
    used.delete('1');
    expect([...used].sort()).toEqual(templating.list.map(({ name }) => name).sort());
  });
});

function labelsIn(template: string, reference: RegExp): string[] {
  return [...template.matchAll(reference)].map(([, label]) => label!);
}

describe('the images of the profile', () => {
  it.each(['prom/prometheus', 'grafana/grafana'])(
    'should be one release of %s, not whichever is new',
    (name) => {
      const compose = parse(read('docker-compose.yml')) as { services: Record<string, { image: string }> };
      const images = Object.values(compose.services).map(({ image }) => image);
      expect(images.filter((image) => image.startsWith(`${name}:`))).toEqual([
        expect.stringMatching(/:v?\d+\.\d+\.\d+$/),
      ]);
    },
  );
});
