import { hostname } from 'node:os';
import { dataPlaneBeside, runService, type Service } from '@echo-daytime/runtime';
import { configuredTargets, effectiveConfig, type ProbeConfig, probeKeys, probeProblems } from './config.ts';
import { Discovery } from './discovery/discovery.ts';
import { systemLookUp } from './discovery/name-watch.ts';
import { readPageFiles } from './page-files.ts';
import { declareWorkerCounters } from './probe-counters.ts';
import { serveStatus } from './status-api.ts';
import { StatusBoard } from './status-board.ts';
import type { TargetNews } from './target-news.ts';
import { TargetRoster } from './target-roster.ts';
import { TargetsFileCounters } from './targets-file-counters.ts';
import { watchTargetsFile } from './targets-file-watch.ts';
import { version } from './version.ts';

export const description =
  'probes echo and daytime targets all the time: metrics, a status page and its JSON';

const service: Service<ProbeConfig> = {
  name: 'load-probe',
  version,
  description,
  keys: probeKeys,
  check: probeProblems,
  effective: effectiveConfig,
  dataPlane: dataPlaneBeside(import.meta.url),
  declareCounters: declareWorkerCounters,
  async serve(app, { config, supervisor, metrics, log }) {
    const board = new StatusBoard({ version, host: hostname(), epoch: Date.now });
    const { workers } = supervisor.status();
    const roster = new TargetRoster({ workers, supervisor, metrics, board });
    const discovery = new Discovery({
      intervalMs: config.discoverInterval,
      lookUp: systemLookUp,
      log,
      metrics,
      epoch: Date.now,
      probe: (targets) => roster.set(targets),
      report: (discoveries) => board.setDiscoveries(discoveries),
    });
    discovery.set(configuredTargets(config));
    supervisor.on('data', (batch) => board.receive(batch as readonly TargetNews[]));
    await serveStatus(app, board, await readPageFiles());
    if (config.targetsFile) {
      const { path } = config.targetsFile;
      const counters = new TargetsFileCounters();
      metrics.add(counters.source);
      watchTargetsFile({
        path,
        settings: config,
        log,
        epoch: Date.now,
        apply: (targets) => discovery.set(targets),
        report(status) {
          counters.set(status);
          board.setTargetsFile(status);
        },
      });
    }
  },
};

/** Runs until a stop signal; the exit code is left in `process.exitCode`. */
export function monitor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return runService(service, { env, args });
}
