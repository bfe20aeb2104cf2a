import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusDocument, TargetStatus } from '../../services/load-probe/src/monitor/status/types.ts';
import { eventually } from '../harness/eventually.ts';
import { parseMetrics } from '../harness/metrics.ts';
import { skipFor } from '../harness/skip-for.ts';
import { docker, engineProblem, root } from './engine.ts';
import { projectName, removeProject } from './images.ts';

const project = projectName('discovery');
const UP_TIMEOUT_MS = 600_000;
const TEST_TIMEOUT_MS = 120_000;
const INTERVAL_MS = 2_000;

/** By then every sample has ended: 2 s of timeout, 1 s of grace, and the time to report it. */
const ENDED_MS = 4_000;

/** Failures by outcome, without `prober_late`. */
function failuresOf({ ok: _, prober_late: __, ...failures }: TargetStatus['outcomes']) {
  return failures;
}

/**
 * The services of the fleet on a network of their own, without published ports, which replicas cannot share. The engine
 * picks the probe's port. Health checks are off, because each one starts Node.
 */
const override = `
services:
  echo:
    ports: !reset []
    healthcheck: { disable: true }
  load-probe:
    environment:
      TARGETS: echo+udp://echo:7007?discover=dns&name=udp&flow=both echo+tcp://echo:7007?discover=dns&name=tcp
      DISCOVER_INTERVAL: ${INTERVAL_MS}ms
      INTERVAL: 250ms
    depends_on: !reset []
    healthcheck: { disable: true }
    ports: !override ["127.0.0.1:0:8080"]
`;

describe('discovery under compose', { ...skipFor(engineProblem), timeout: TEST_TIMEOUT_MS }, () => {
  let folder: string;
  let page: string;

  const compose = (...args: readonly string[]): Promise<string> =>
    docker(
      [
        ...['compose', '--ansi', 'never', '--project-name', project, '--project-directory', root],
        ...['--file', join(root, 'docker-compose.yml'), '--file', join(folder, 'override.yml'), ...args],
      ],
      { VERSION: project },
    );

  const scale = (replicas: number): Promise<string> =>
    compose('up', '--detach', '--no-recreate', '--scale', `echo=${replicas}`, 'echo');

  /** Addresses of the replicas, as the engine knows them. */
  async function replicas(): Promise<string[]> {
    const ids = (await compose('ps', '--quiet', 'echo')).split('\n');
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    return (await docker(['inspect', '--format', format, ...ids])).split('\n').sort();
  }

  async function status(): Promise<StatusDocument> {
    return (await (await fetch(`${page}/api/targets`)).json()) as StatusDocument;
  }

  async function metrics() {
    return parseMetrics(await (await fetch(`${page}/metrics`)).text());
  }

  /** Resolves when exactly these are probed, each on all flows of both targets, and all are up. */
  async function expectPeers(addresses: readonly string[]): Promise<StatusDocument> {
    return eventually(async () => {
      const shown = await status();
      const expected = addresses.flatMap((one) => [`tcp @ ${one}`, `udp @ ${one}`, `udp @ ${one} (sticky)`]);
      expect(shown.targets.map(({ id }) => id).sort()).toEqual(expected.sort());
      expect(shown.targets.filter(({ state }) => state !== 'up')).toEqual([]);
      return shown;
    }, TEST_TIMEOUT_MS / 4);
  }

  beforeAll(async () => {
    await removeProject(project);
    folder = await mkdtemp(join(tmpdir(), 'echo-daytime-discovery-'));
    await writeFile(join(folder, 'override.yml'), override);
    await compose('up', '--build', '--detach', 'echo', 'load-probe');
    page = `http://${await compose('port', 'load-probe', '8080')}`;
  }, UP_TIMEOUT_MS);

  afterAll(async () => {
    await removeProject(project);
    await rm(folder, { recursive: true });
  }, UP_TIMEOUT_MS);

  it('should probe replicas as they are added and removed', async () => {
    // Without a health check, the engine does not report when the page is ready.
    await eventually(status);
    const [first] = await replicas();
    await expectPeers([first!]);

    await scale(2);
    const two = await replicas();
    expect(two).toHaveLength(2);
    await eventually(async () => expect((await status()).discoveries[0]?.peers).toBe(2));
    await expectPeers(two);

    const okOf = (peer: string) => ({
      target: 'tcp',
      protocol: 'echo-tcp',
      flow: 'fresh',
      peer,
      outcome: 'ok',
    });
    const countsBefore = await metrics();
    const before = await eventually(async () => {
      const shown = await status();
      // A replica is in DNS before it listens. Samples lost in that time must be counted already.
      for (const { since } of shown.targets) expect(shown.now - since!).toBeGreaterThan(ENDED_MS);
      return shown;
    });
    await scale(1);
    const one = await replicas();
    expect(one).toHaveLength(1);
    expect(two).toEqual(expect.arrayContaining(one));
    await eventually(async () => expect((await status()).discoveries[0]?.peers).toBe(1));
    const after = await expectPeers(one);

    // The remaining replica continues: no sample was lost, and no series was restarted.
    for (const { id, since, outcomes } of after.targets) {
      const same = before.targets.find((target) => target.id === id)!;
      expect(since, id).toBe(same.since);
      expect(outcomes.ok, id).toBeGreaterThan(same.outcomes.ok);
      expect(failuresOf(outcomes), id).toEqual(failuresOf(same.outcomes));
    }
    const counts = await metrics();
    const ok = (of: typeof counts) => of.value('l4_probe_samples_total', okOf(one[0]!));
    expect(ok(counts)).toBeGreaterThan(ok(countsBefore));
    // The removed replica can fire no alert: it has no series, and its loss is no longer counted.
    const gone = two.find((address) => !one.includes(address))!;
    expect(await (await fetch(`${page}/metrics`)).text()).not.toContain(gone);
    expect(counts.value('l4_probe_discovered_peers', { target: 'udp' })).toBe(1);
  });
});
