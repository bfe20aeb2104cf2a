import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentedCommand } from '../docs/documented-commands.ts';
import { eventually } from '../harness/eventually.ts';
import { skipFor } from '../harness/skip-for.ts';
import { questions } from '../repo/dashboard-files.ts';
import { alertingRules, recordingRules } from '../repo/rule-files.ts';
import { docker, engineProblem } from './engine.ts';
import { Fleet } from './fleet.ts';
import { projectName, removeProject, services } from './images.ts';
import { type Alert, PrometheusApi } from './prometheus-api.ts';

const project = projectName('prometheus');
const UP_TIMEOUT_MS = 600_000;
/** A few scrapes and evaluations, on a machine that is busy. */
const STEADY_TIMEOUT_MS = 90_000;
/** Time until an alert has to be firing, as docs/monitoring.md promises. */
const FIRING_TIMEOUT_MS = 90_000;
/** Time until an alert has to end after its cause, including the start of the container. */
const RESOLVED_TIMEOUT_MS = 120_000;

/** The paths to the discovered replicas of udp-daytime. */
const REPLICAS = 'l4_probe_up{target="replica"}';

/** Panels without data for a healthy fleet of the compose file. */
const NOTHING_TO_SHOW = [
  /: (Alerts|Injected faults)$/,
  /: (Refused connections|Dropped datagrams)$/,
  // For sticky flows, sessions and sweeps, which the fleet does not have.
  /: (Deaths of sticky flows|Clock offset|Bad source ports)$/,
  // For workers that died.
  /: Workers$/,
];

describe('Prometheus over the fleet', skipFor(engineProblem), () => {
  const fleet = new Fleet(project, {
    COMPOSE_FILE: 'docker-compose.yml:tests/e2e/cheap-health-checks.yml',
    FAULTS: 'on',
    TARGETS: [
      'echo+tcp://echo:7007?name=echo-tcp',
      'echo+udp://echo:7007?name=echo-udp',
      'daytime+tcp://daytime:7013?name=daytime-tcp',
      'daytime+udp://udp-daytime:7013?name=replica&discover=dns',
    ].join(' '),
  });
  let prometheus: PrometheusApi;

  beforeAll(async () => {
    await removeProject(project);
    // Everything except Grafana, whose image no test uses.
    const up = documentedCommand('docs/monitoring.md', 'docker compose --profile monitoring up');
    const replicas = ['--scale', 'udp-daytime=2'];
    await fleet.compose('up', '--build', '--detach', ...replicas, 'echo', 'daytime', 'udp-daytime');
    await Promise.all([ready('echo', 9007), ready('daytime', 9013)]);
    await Promise.all([ready('udp-daytime', 9113, 1), ready('udp-daytime', 9113, 2)]);
    await fleet.up(up, [...services, 'prometheus', ...replicas]);
    prometheus = new PrometheusApi(await fleet.published('prometheus', 9090));
  }, UP_TIMEOUT_MS);

  afterAll(() => removeProject(project), UP_TIMEOUT_MS);

  it('should scrape all of the services', { timeout: STEADY_TIMEOUT_MS }, async () => {
    await eventually(async () => {
      const up = await prometheus.query('up');
      const states = up.map(({ metric, value }) => `${metric.job} ${value[1]}`);
      expect(states.sort()).toEqual([...services, 'prometheus'].map((job) => `${job} 1`).sort());
    }, STEADY_TIMEOUT_MS);
  });

  it('should have every rule evaluated without an error', { timeout: STEADY_TIMEOUT_MS }, async () => {
    await eventually(async () => {
      const rules = await prometheus.rules();
      expect(rules).toHaveLength(alertingRules.length + recordingRules.length);
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    }, STEADY_TIMEOUT_MS);
  });

  it('should have a value for every series that is recorded', { timeout: STEADY_TIMEOUT_MS }, async () => {
    await eventually(async () => {
      const recorded = await prometheus.query('count by (__name__) ({__name__=~"l4:.+"})');
      const names = recorded.map(({ metric }) => metric.__name__);
      expect(names.sort()).toEqual([...new Set(recordingRules.map(({ record }) => record))].sort());
    }, STEADY_TIMEOUT_MS);
  });

  it('should have something to show in every panel', { timeout: STEADY_TIMEOUT_MS }, async () => {
    const shown = questions.filter(({ where }) => !NOTHING_TO_SHOW.some((title) => title.test(where)));
    expect(shown.length).toBeGreaterThan(30);
    await eventually(async () => {
      const answers = await Promise.all(
        shown.map(async ({ where, expr }) => ({ where, series: (await prometheus.query(expr)).length })),
      );
      expect(answers.filter(({ series }) => series === 0)).toEqual([]);
    }, STEADY_TIMEOUT_MS);
  });

  it('should have no alert while all is well', { timeout: STEADY_TIMEOUT_MS }, async () => {
    await eventually(
      async () => expect(firingAlerts(await prometheus.alerts())).toEqual([]),
      STEADY_TIMEOUT_MS,
    );
  });

  it('should be part of the compose file only with the profile', async () => {
    const listed = async (...flags: string[]): Promise<string[]> =>
      (await fleet.compose(...flags, 'config', '--services')).split('\n').sort();
    expect(await listed()).toEqual([...services].sort());
    expect(await listed('--profile', 'monitoring')).toEqual([...services, 'grafana', 'prometheus'].sort());
  });

  it('should confine Grafana as it does the rest', async () => {
    const file = JSON.parse(await fleet.compose('--profile', 'monitoring', 'config', '--format', 'json'));
    const { grafana } = file.services;
    expect(grafana).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(Number(grafana.mem_limit)).toBeGreaterThan(0);
    expect(grafana.ports).toMatchObject([{ host_ip: '127.0.0.1', target: 3000 }]);
    expect(grafana.volumes.every((volume: { read_only?: boolean }) => volume.read_only)).toBe(true);
  });

  it('should give Prometheus only the privileges that it needs', async () => {
    const id = await fleet.compose('ps', '--quiet', 'prometheus');
    const [{ HostConfig, Config }] = JSON.parse(await docker(['inspect', id]));
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, Privileged: false, CapDrop: ['ALL'] });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(Config.User).not.toMatch(/^(0|root)?(:|$)/);
    expect(await fleet.published('prometheus', 9090)).toMatch(/^127\.0\.0\.1:/);
  });

  it('should alert on loss, on corruption and on a stopped service, and end each alert', {
    timeout: FIRING_TIMEOUT_MS + RESOLVED_TIMEOUT_MS,
  }, async () => {
    await inject('echo-udp', { loss: { probability: 0.2 } });
    await inject('echo-tcp', { corrupt: { probability: 0.2 } });
    await fleet.compose('stop', 'daytime');
    expect(await prometheus.query(REPLICAS)).toHaveLength(2);
    await fleet.compose('up', '--detach', '--no-recreate', '--scale', 'udp-daytime=1', 'udp-daytime');
    const expected = [
      { alertname: 'L4Loss', target: 'echo-udp' },
      { alertname: 'L4Corruption', target: 'echo-tcp', outcome: 'corrupt' },
      { alertname: 'L4PathDown', target: 'daytime-tcp' },
      { alertname: 'L4ServiceMissing', job: 'daytime' },
      { alertname: 'L4FaultsActive', listener: 'echo-udp', fault: 'loss' },
    ];
    const seen = new Set<string>();
    await eventually(async () => {
      const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
      // With a fifth lost, a minute may by chance have too little loss; the alert must have fired once.
      for (const labels of expected) {
        if (firing.some((alert) => hasLabels(alert, labels))) seen.add(labels.alertname);
      }
      expect([...seen].sort()).toEqual(expected.map(({ alertname }) => alertname).sort());
    }, FIRING_TIMEOUT_MS);

    await clearFaults();
    await fleet.compose('start', 'daytime');
    await eventually(async () => {
      // The alerts have ended and none is pending.
      const left = (await prometheus.alerts()).map(({ labels: { alertname } }) => alertname);
      expect(left.filter((name) => expected.some(({ alertname }) => alertname === name))).toEqual([]);
    }, RESOLVED_TIMEOUT_MS);
  });

  it('should have fired no alert for a replica that was removed meanwhile', async () => {
    // The other outage lasted until its alert fired, which is long enough for the alert of a replica that is down.
    expect(await prometheus.query(REPLICAS)).toHaveLength(1);
    expect(await prometheus.query('ALERTS{target="replica", alertstate="firing"}[10m]')).toEqual([]);
  });

  /** Replaces the engine's health checks, which are off here. */
  async function ready(service: string, adminPort: number, replica = 1): Promise<void> {
    const address = await fleet.compose('port', '--index', `${replica}`, service, `${adminPort}`);
    await eventually(async () => expect((await fetch(`http://${address}/readyz`)).status).toBe(200));
  }

  async function inject(listener: string, faults: object): Promise<void> {
    const response = await fetch(`http://${await fleet.published('echo', 9007)}/faults/${listener}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
    expect(response.status).toBe(200);
  }

  async function clearFaults(): Promise<void> {
    const response = await fetch(`http://${await fleet.published('echo', 9007)}/faults`, {
      method: 'DELETE',
    });
    expect(response.status).toBeLessThan(300);
  }
});

function hasLabels({ labels }: Alert, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Firing alerts, without the alerts of the probe about itself, which mean that this machine is busy. */
function firingAlerts(alerts: readonly Alert[]): readonly string[] {
  return alerts
    .filter(({ state, labels }) => state === 'firing' && !labels.alertname.startsWith('L4Prober'))
    .map(({ labels, annotations }) => `${labels.alertname}: ${annotations.description}`);
}
