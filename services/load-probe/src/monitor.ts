import { dataPlaneBeside, runService, type Service } from '@echo-daytime/runtime';
import { type ProbeConfig, probeKeys, probeProblems } from './config.ts';
import { readPageFiles } from './page-files.ts';
import { declareProbeCounters } from './probe-counters.ts';
import type { SentSample } from './sample-batch.ts';
import { serveStatus } from './status-api.ts';
import { StatusBoard } from './status-board.ts';
import { targetsOf } from './target.ts';
import { version } from './version.ts';

export const description =
  'probes echo and daytime targets all the time: metrics, a status page and its JSON';

const service: Service<ProbeConfig> = {
  name: 'load-probe',
  version,
  description,
  keys: probeKeys,
  check: probeProblems,
  dataPlane: dataPlaneBeside(import.meta.url),
  declareCounters(block, config) {
    declareProbeCounters(block, targetsOf(config));
  },
  async serve(app, { config, supervisor }) {
    const board = new StatusBoard(targetsOf(config), version, Date.now);
    supervisor.on('data', (batch) => board.receive(batch as readonly SentSample[]));
    await serveStatus(app, board, await readPageFiles());
  },
};

/** Runs until a stop signal; the exit code is left in `process.exitCode`. */
export function monitor(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return runService(service, { env, args });
}
