import { hostname } from 'node:os';
import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { runService, type Service } from '@echo-daytime/runtime';
import { configuredTargets, effectiveConfig, type ProbeConfig, probeKeys, probeProblems } from '../config.ts';
import { askSystem } from '../net/resolve.ts';
import { version, workerUrl } from '../program.ts';
import { Discovery } from '../targets/discovery/discovery.ts';
import { watchTargetsFile } from '../targets/file-watch.ts';
import { hostPort } from '../targets/target.ts';
import { Assignments } from './assignments.ts';
import { Mesh } from './mesh/mesh.ts';
import type { TargetMessage } from './messages.ts';
import { declareWorkerCounters } from './metrics.ts';
import { ResponseMetrics } from './response-metrics.ts';
import { serveStatus } from './status/api.ts';
import { readPageFiles } from './status/page-files.ts';
import { StatusStore } from './status/store.ts';
import { TargetsFileCounters } from './targets-file-metrics.ts';

export const description =
  'probes echo and daytime targets all the time: metrics, a status page and its JSON';

const service: Service<ProbeConfig> = {
  name: 'load-probe',
  version,
  description,
  keys: probeKeys,
  check: probeProblems,
  effective: effectiveConfig,
  dataPlane: workerUrl,
  declareCounters: declareWorkerCounters,
  async serve(app, { config, supervisor, metrics, log }) {
    const { mesh, nodeName, zoneName } = config;
    const place = {
      node: nodeName || null,
      zone: zoneName || null,
      mesh: mesh ? hostPort(mesh.host, mesh.port) : null,
    };
    const store = new StatusStore({ version, host: hostname(), place, epoch: Date.now });
    const responses = new ResponseMetrics(metrics);
    const { workers } = supervisor.status();
    const assignments = new Assignments({
      workers,
      supervisor,
      metrics,
      metricsDetail: config.metricsDetail,
      hasTcpInfo: openTcpInfo() instanceof TcpInfo,
      responses,
      store,
    });
    const discovery = new Discovery({
      intervalMs: config.discoverInterval,
      lookUp: askSystem,
      log,
      metrics,
      epoch: Date.now,
      probe: (targets) => assignments.set(targets),
      report: (discoveries) => store.setDiscoveries(discoveries),
    });
    discovery.set(configuredTargets(config));
    supervisor.on('data', (data) => {
      const batch = data as readonly TargetMessage[];
      responses.receive(batch);
      store.receive(batch);
    });
    await serveStatus(app, store, { files: await readPageFiles(), mesh: mesh && new Mesh(mesh) });
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
          store.setTargetsFile(status);
        },
      });
    }
  },
};

/** Runs until a stop signal; the exit code is left in `process.exitCode`. */
export function monitor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return runService(service, { env, args });
}
