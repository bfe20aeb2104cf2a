import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../harness/eventually.ts';
import { type Metrics, parseMetrics } from '../../harness/metrics.ts';
import { ip, Namespace } from '../../harness/namespace.ts';
import { Promises, type Scenario } from '../scenario.ts';
import { startService } from '../service.ts';
import { expectCauses, outcomesBetween } from './failed-samples.ts';

/** Documentation networks (RFC 5737): they exist in the namespaces of this run only. */
const CLIENT = '192.0.2.1';
const SERVER = '192.0.2.2';
const PORT = '7007';
const NAME_SERVER = fileURLToPath(new URL('./name-server.mjs', import.meta.url));
const INTERVAL_MS = 200;
const TIMEOUT_MS = 500;
/** Maximum samples that a change of the path affects: those pending at the change, and as many sent after it. */
const PENDING_SAMPLES = 2 * Math.ceil(TIMEOUT_MS / INTERVAL_MS) + 1;
/** The names of the targets: two by their address, one by its name. */
const ADDRESSES = ['tcp', 'udp'] as const;
const TARGETS = [...ADDRESSES, 'named'] as const;
const CAUSES_OF_CUT_TCP = ['connect_timeout', 'read_timeout', 'unreachable'];
const CAUSES_OF_CUT: Readonly<Record<(typeof TARGETS)[number], readonly string[]>> = {
  tcp: CAUSES_OF_CUT_TCP,
  // A datagram queued for the neighbour's address (ARP) is sent when the link is back.
  udp: ['lost', 'late', 'unreachable'],
  named: CAUSES_OF_CUT_TCP,
};
/** Time until targets must be up or down again; beside other tests no time is promised. */
const SLACK_MS = { brief: 100_000, full: 10_000 };

/** A probe with targets by name and by address; first the link is cut, then the name server goes away. */
const cutAndHealed: Scenario = {
  name: 'network cut and healed, DNS gone and back',
  area: 'faults',
  seconds: { brief: 14, full: 14 },
  async run(scale) {
    const promises = new Promises();
    await using owned = new AsyncDisposableStack();
    const [near, far] = [owned.use(new Namespace()), owned.use(new Namespace())];
    ip('link', 'add', 't0', 'netns', near.name, 'type', 'veth', 'peer', 'name', 't0', 'netns', far.name);
    for (const [{ name }, address] of [[near, CLIENT] as const, [far, SERVER] as const]) {
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 't0');
      ip('-n', name, 'link', 'set', 't0', 'up');
    }
    near.useNameServer('127.0.0.1');
    const names = owned.adopt(await startNameServer(near), endOf);
    await using _echo = await startService('echo', { HOST: '0.0.0.0', PORT }, far.launcher);
    const targets = ADDRESSES.map((protocol) => `echo+${protocol}://${SERVER}:${PORT}?name=${protocol}`);
    const every = `interval=${INTERVAL_MS}ms&timeout=${TIMEOUT_MS}ms`;
    const all = [...targets, `echo+tcp://echo.test:${PORT}?name=named`].map((url) => `${url}&${every}`);
    await using probe = await startService('load-probe', { TARGETS: all.join(' ') }, near.launcher);

    const scrape = async (): Promise<Metrics> => parseMetrics(await near.fetch(`${probe.adminUrl}/metrics`));
    const up = async (what: string): Promise<number> => {
      const startedAt = performance.now();
      const before = await scrape();
      const answered = (metrics: Metrics, target: string): number =>
        metrics.sum('l4_probe_samples_total', { target, outcome: 'ok' });
      await eventually(async () => {
        const metrics = await scrape();
        for (const target of TARGETS) {
          if (answered(metrics, target) === answered(before, target))
            throw new Error(`no answer to ${target} ${what}`);
          if (metrics.sum('l4_probe_up', { target }) !== 1) throw new Error(`${target} is not up ${what}`);
        }
      }, SLACK_MS[scale]);
      return performance.now() - startedAt;
    };
    /** Resolves after `count` more samples of each target have ended. */
    const sampled = async (targets: readonly string[], count: number): Promise<Metrics> => {
      const before = await scrape();
      return eventually(async () => {
        const metrics = await scrape();
        for (const target of targets) {
          const samples = Object.values(outcomesBetween(before, metrics, target));
          if (samples.reduce((sum, one) => sum + one, 0) < count) throw new Error(`no samples of ${target}`);
        }
        return metrics;
      }, SLACK_MS[scale]);
    };
    const down = async (targets: readonly string[], what: string): Promise<Metrics> =>
      eventually(async () => {
        const metrics = await scrape();
        for (const target of targets)
          if (metrics.sum('l4_probe_up', { target }) !== 0) throw new Error(`${target} is up ${what}`);
        return metrics;
      }, SLACK_MS[scale]);
    /** While all of these targets are unreachable no reply may come. */
    const noAnswer = async (targets: readonly string[], what: string): Promise<Metrics> => {
      await down(targets, what);
      const before = await sampled(targets, PENDING_SAMPLES);
      const after = await sampled(targets, PENDING_SAMPLES);
      for (const target of targets)
        promises.equal(outcomesBetween(before, after, target).ok ?? 0, 0, `Answers to ${target} ${what}`);
      return after;
    };

    await up('at the start');
    const whole = await scrape();
    ip('-n', far.name, 'link', 'set', 't0', 'down');
    await noAnswer(TARGETS, 'while the link is cut');
    ip('-n', far.name, 'link', 'set', 't0', 'up');
    const healedMs = await up('after the link was healed');
    // An earlier sample may be pending until its timeout.
    const healed = await sampled(TARGETS, PENDING_SAMPLES);

    await endOf(names);
    const without = await noAnswer(['named'], 'while there is no name server');
    for (const target of ADDRESSES)
      promises.equal(without.sum('l4_probe_up', { target }), 1, `${target}, which needs no name server, up`);
    owned.adopt(await startNameServer(near), endOf);
    const backMs = await up('after the name server came back');
    const back = await sampled(TARGETS, PENDING_SAMPLES);

    const failed = { cut: 0, dns: 0 };
    for (const target of TARGETS) {
      const seen = outcomesBetween(whole, healed, target);
      failed.cut += expectCauses(seen, CAUSES_OF_CUT[target], `over the cut (${target})`, scale, promises);
    }
    for (const target of TARGETS) {
      const seen = outcomesBetween(healed, back, target);
      const causes = target === 'named' ? ['dns'] : [];
      failed.dns += expectCauses(seen, causes, `without a name server (${target})`, scale, promises);
    }

    promises.equal(back.value('l4_data_plane_worker_restarts_total'), 0, 'Restarts of the probe');
    return {
      load: `3 targets every ${INTERVAL_MS} ms over a link that is cut, then without a name server`,
      lost: `${failed.cut} samples of the cut and ${failed.dns} without a name, each with its cause`,
      figures: {
        'up after the link': `${(healedMs / 1_000).toFixed(1)} s`,
        'up after the name server': `${(backMs / 1_000).toFixed(1)} s`,
      },
      broken: promises.broken,
    };
  },
};

async function startNameServer(namespace: Namespace): Promise<ChildProcess> {
  const [program, ...flags] = namespace.launcher;
  const child = spawn(program!, [...flags, process.execPath, NAME_SERVER, SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

export const pathScenarios: readonly Scenario[] = [cutAndHealed];
