import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { readReply } from '@echo-daytime/stamp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomes } from '../../services/load-probe/src/sampling/outcome.ts';
import { documentedCommand } from '../docs/documented-commands.ts';
import { chromiumProblem, isComplaint, launchChromium, loadWhole } from '../harness/chromium.ts';
import { eventually } from '../harness/eventually.ts';
import type { Metrics } from '../harness/metrics.ts';
import { skipFor } from '../harness/skip-for.ts';
import { ask, documentedRuns, REQUEST, runDocumented, STAMP_REQUEST } from './documented-run.ts';
import { docker, engineProblem, type Ran, root } from './engine.ts';
import { Fleet } from './fleet.ts';
import { projectName, removeProject, services } from './images.ts';

const project = projectName('fleet');
const UP_TIMEOUT_MS = 600_000;
const CHECK_TIMEOUT_MS = 180_000;
/** How long to wait for a few seconds in which this machine does not disturb the probe. */
const STEADY_TIMEOUT_MS = 45_000;
/** The probe reports a disturbance for a minute. */
const UNDISTURBED_TIMEOUT_MS = 180_000;

/** The probe's targets in the compose file, by name. */
const targets = {
  'echo-tcp': 'echo+tcp://echo:7007',
  'echo-udp': 'echo+udp://echo:7007',
  'stamp-udp': 'stamp+udp://echo:7862',
  'daytime-tcp': 'daytime+tcp://daytime:7013',
  'daytime-udp': 'daytime+udp://udp-daytime:7013',
} as const;

/** The samples of every target by outcome, as the probe's metrics count them. */
function countSamples(metrics: Metrics): Record<string, number> {
  const count = (labels: Record<string, string>): number => metrics.sum('l4_probe_samples_total', labels);
  return Object.fromEntries(
    Object.keys(targets).flatMap((target) =>
      outcomes.map((outcome) => [`${target} ${outcome}`, count({ target, outcome })]),
    ),
  );
}

/** On a busy machine a check says that it measured too little, for its own lateness: then it is run again. */
async function measured(check: () => Promise<Ran>): Promise<Ran> {
  for (;;) {
    const ran = await check();
    if (!/not.enough.(was.)?measured|nothing.(to.measure|measured)/.test(ran.stdout)) return ran;
  }
}

/** Runs inside a container, where node is the only program. */
const inspection = `
  const { existsSync, readFileSync, writeFileSync } = require('node:fs');
  const attempt = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
  const status = Object.fromEntries(readFileSync('/proc/1/status', 'utf8').split('\\n').map((line) => line.split(':\\t')));
  console.log(JSON.stringify({
    ids: status.Uid + ' ' + status.Gid,
    capabilities: [status.CapInh, status.CapPrm, status.CapEff, status.CapBnd, status.CapAmb],
    noNewPrivileges: status.NoNewPrivs,
    seccomp: status.Seccomp,
    pidsLimit: ['/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'].filter(existsSync).map((path) => readFileSync(path, 'utf8').trim()),
    writes: ['/x', '/app/src/main.js', '/etc/passwd', '/usr/local/bin/x'].map((path) => attempt(() => writeFileSync(path, ''))),
  }));`;

describe('fleet', skipFor(engineProblem), () => {
  const fleet = new Fleet(project, { TCP_SAVE_SYN: 'on' });

  beforeAll(async () => {
    await removeProject(project);
    await fleet.up();
  }, UP_TIMEOUT_MS);

  afterAll(() => removeProject(project), UP_TIMEOUT_MS);

  it('should end up healthy', async () => {
    const members = await fleet.members();
    expect(members.map(({ Service }) => Service).sort()).toEqual([...services].sort());
    expect(members.map(({ State, Health }) => `${State} ${Health}`)).toEqual(
      services.map(() => 'running healthy'),
    );
  });

  it('should publish on loopback alone', async () => {
    const members = await fleet.members();
    const format = '{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}';
    const bindings = await Promise.all(members.map(({ ID }) => docker(['inspect', '--format', format, ID])));
    const addresses = bindings.join(' ').split(/\s+/);
    expect(addresses).toHaveLength(11);
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']));
  });

  it('should have every target answer every sample of the probe', { timeout: CHECK_TIMEOUT_MS }, async () => {
    let before = countSamples(await fleet.metrics());
    await eventually(async () => {
      const now = countSamples(await fleet.metrics());
      const added = Object.entries(now).map(([series, count]) => ({
        series,
        count: count - before[series]!,
      }));
      // `prober_late` samples mean that this machine was busy: check another interval.
      if (added.some(({ series, count }) => series.endsWith(' prober_late') && count > 0)) before = now;
      for (const { series, count } of added) {
        if (series.endsWith(' ok')) expect(count, series).toBeGreaterThanOrEqual(2);
        else expect(count, series).toBe(0);
      }
    }, STEADY_TIMEOUT_MS);
    const failed = Object.entries(countSamples(await fleet.metrics())).filter(
      ([series, count]) => count > 0 && !/ (ok|prober_late)$/.test(series),
    );
    expect(failed, 'since the start').toEqual([]);
  });

  it('should check targets from inside with one command', { timeout: CHECK_TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await measured(() =>
      fleet.runDocumented(documentedCommand('README.md', 'docker compose run')),
    );
    expect(code, stdout + stderr).toBe(0);
    for (const url of [targets['echo-tcp'], targets['echo-udp']]) expect(stdout).toContain(url);
    expect(stdout.match(/of \d+ ok, loss 0%/g), stdout).toHaveLength(2);
  });

  it('should fail a check of a target that does not exist', { timeout: CHECK_TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await measured(() =>
      fleet.run(...['run', '--rm', 'load-probe', 'check', 'echo+tcp://echo:7', '--count', '2']),
    );
    expect(code, stdout + stderr).toBe(1);
    expect(stdout).toContain('refused');
  });

  it('should tell what only the kernel knows, without a privilege', {
    timeout: CHECK_TIMEOUT_MS,
  }, async () => {
    const run = ['run', '--rm', 'load-probe', 'mtu', '--json', '--timeout', '500ms', targets['echo-udp']];
    const { stdout, stderr } = await fleet.run(...run);
    const { interface: first, pathMtu, reportedBy } = JSON.parse(stdout);
    expect({ pathMtu, reportedBy }, stdout + stderr).toEqual({ pathMtu: first.mtu, reportedBy: null });
    const urls = [targets['echo-udp'], targets['echo-tcp']];
    await Promise.all(
      urls.map(async (url) => {
        const traced = await fleet.run('run', '--rm', 'load-probe', 'trace', '--json', url);
        const { hops, peer } = JSON.parse(traced.stdout);
        expect(hops, traced.stdout + traced.stderr).toMatchObject([{ ttl: 1, address: peer.split(':')[0] }]);
        const swept = await fleet.run('run', '--rm', 'load-probe', 'paths', '--json', '--count', '10', url);
        expect(JSON.parse(swept.stdout), swept.stderr).toMatchObject({ held: true, bad: [], taken: [] });
      }),
    );

    const check = ['check', '--json', '--count', '2', 'session+tcp://daytime:7014?syn=on'];
    const report = await measured(() => fleet.run('run', '--rm', 'load-probe', ...check));
    const [{ syn, tcp }] = JSON.parse(report.stdout).targets;
    expect(syn, report.stderr).toMatchObject({ changes: [], hops: 0, unknown: 0, unchanged: syn.known });
    expect(syn.known).toBeGreaterThan(0);
    expect(tcp).toMatchObject({ samples: expect.any(Number), mss: { max: expect.any(Number) } });
  });

  it('should give a container only the privileges that it needs', async () => {
    for (const { ID, Service } of await fleet.members()) {
      const said = JSON.parse(await docker(['exec', ID, 'node', '-e', inspection]));
      expect(said, Service).toEqual({
        ids: '1000\t1000\t1000\t1000 1000\t1000\t1000\t1000',
        capabilities: Array(5).fill('0000000000000000'),
        noNewPrivileges: '1',
        // PR_GET_SECCOMP, prctl(2): 2 is a filter, the engine's default one.
        seccomp: '2',
        pidsLimit: ['128'],
        writes: Array(4).fill('EROFS'),
      });
      const [{ HostConfig }] = JSON.parse(await docker(['inspect', ID]));
      expect(HostConfig, Service).toMatchObject({ ReadonlyRootfs: true, Privileged: false });
      expect(HostConfig.Memory, Service).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit, Service).toBeGreaterThan(0);
    }
  });

  it.concurrent.each(['sh', 'bash', 'busybox', 'npm', 'npx', 'apt-get'])(
    'should have no %s',
    async (program) => {
      const { code, stdout, stderr } = await fleet.run('exec', '-T', 'echo', program, '--version');
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain('executable file not found');
    },
  );

  it('should show every target up on its page', {
    ...skipFor(chromiumProblem),
    timeout: CHECK_TIMEOUT_MS + UNDISTURBED_TIMEOUT_MS,
  }, async () => {
    const url = `http://${await fleet.published('load-probe', 8080)}/`;
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
      const problems: string[] = [];
      page.on('console', (message) => {
        if (isComplaint(message)) problems.push(message.text());
      });
      loadWhole(page);
      page.on('pageerror', ({ message }) => problems.push(message));
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) problems.push(`asked another host: ${request.url()}`);
      });
      await page.goto(url);
      await eventually(async () => {
        expect(problems).toEqual([]);
        const rows = page.locator('#targets > li');
        expect(await rows.count()).toBe(Object.keys(targets).length);
        expect(await rows.locator('.badge').allTextContents()).toEqual(Object.keys(targets).map(() => 'Up'));
      });
      const text = await page.locator('main').innerText();
      for (const words of Object.entries(targets).flat()) expect(text).toContain(words);
      expect(problems).toEqual([]);

      mkdirSync(join(root, 'test-results'), { recursive: true });
      await page.screenshot({ path: join(root, 'test-results', 'status-page.png'), fullPage: true });
      if (process.env.UPDATE_PICTURE === '1') {
        await page.locator('#distrust').waitFor({ state: 'hidden', timeout: UNDISTURBED_TIMEOUT_MS });
        await page.screenshot({ path: join(root, 'docs', 'status-page.png'), fullPage: true });
      }
    } finally {
      await browser.close();
    }
  });

  it('should stop in time, every container with exit code 0', { timeout: CHECK_TIMEOUT_MS }, async () => {
    await fleet.compose('stop');
    const members = await fleet.members();
    // A container that does not stop in time is killed: 137.
    expect(members.map(({ State, ExitCode }) => `${State} ${ExitCode}`)).toEqual(
      services.map(() => 'exited 0'),
    );
  });

  // Not beside the fleet, whose health checks would keep the engine busy.
  it.concurrent.each(documentedRuns)(
    'should run $text as $page says',
    {
      timeout: CHECK_TIMEOUT_MS,
    },
    async ({ text }) => {
      await using container = await runDocumented(text, project);
      for (const { wellKnown, protocol, here } of await container.published()) {
        const answer = await ask(protocol, here, wellKnown === 862 ? STAMP_REQUEST : REQUEST);
        if (wellKnown === 862) expect(readReply(Buffer.from(answer, 'latin1'))?.senderSequence).toBe(1);
        else if (wellKnown === 7) expect(answer).toBe(REQUEST);
        else expect(parseDaytime(answer).format).toBe('rfc867');
      }
    },
  );
});
