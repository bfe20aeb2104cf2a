import { CounterBlock, declareListeners, isOn } from '@echo-daytime/worker';
import { listenAdmin } from './admin/listener.ts';
import { type FaultsPart, openAdmin } from './admin/server.ts';
import type { CommonConfig, ListenerConfig } from './config/common-keys.ts';
import { FaultControl, openFaultMetrics } from './faults/fault-control.ts';
import type { Lifecycle } from './lifecycle.ts';
import { openLog } from './log.ts';
import { openMetrics } from './metrics.ts';
import { openLossMetrics } from './process-metrics.ts';
import type { Service } from './service.ts';
import { Supervisor } from './supervisor.ts';
import { openUdpSocketMetrics } from './udp-socket-drops.ts';
import { workerCount } from './workers.ts';

/** The exit code that an orchestrator or a script acts on. */
const EXIT_FAILED = 1;

/**
 * Runs the control plane of a configured service until the service has stopped.
 *
 * @param warnings about the configuration, a sentence each
 * @param stop resolves with the first stop signal
 */
export async function runControlPlane<Config extends CommonConfig & ListenerConfig>(
  service: Service<Config>,
  { config, warnings }: { readonly config: Config; readonly warnings: readonly string[] },
  lifecycle: Lifecycle,
  stop: Promise<NodeJS.Signals>,
): Promise<void> {
  const { log, droppedLines, flush } = await openLog(service.name, config.logLevel);
  const shown = service.effective?.(config) ?? config;
  log.info(
    { config: shown, version: service.version, node: process.versions.node, pid: process.pid },
    'start',
  );
  for (const warning of warnings) log.warn(warning);

  const specs = Object.entries(service.listeners ?? {});
  const listeners = Object.fromEntries(
    specs.filter(([, spec]) => isOn(spec, config)).map(([name, { protocol }]) => [name, protocol]),
  );
  const faults: FaultsPart =
    specs.length === 0
      ? { name: 'none' }
      : config.faults
        ? { name: 'on', control: new FaultControl(listeners) }
        : { name: 'off' };
  if (faults.name === 'on') log.warn('faults can be injected through the admin port');

  const declareCounters = (block: CounterBlock): void => {
    declareListeners(service.listeners ?? {}, block);
    service.declareCounters?.(block, config);
  };
  const layout = new CounterBlock();
  declareCounters(layout);
  const supervisor = new Supervisor(
    {
      entry: service.dataPlane,
      workers: workerCount(config.workers),
      config,
      declareCounters,
      connectionLimits: specs.filter(([, { protocol }]) => protocol === 'tcp').map(([name]) => name),
      faults: faults.name === 'on' ? faults.control.memories : {},
    },
    layout,
  );
  const fail = async (error: Error): Promise<never> => {
    log.fatal({ reason: error.name }, error.message);
    await flush();
    process.exit(EXIT_FAILED);
  };
  supervisor.on('fatal', (error) => void fail(error));
  supervisor.on('unkillable', async (error) => {
    log.fatal({ reason: error.name }, error.message);
    await flush();
    process.kill(process.pid, 'SIGKILL');
  });
  supervisor.on('notice', (message, fields) => log.warn(fields, message));
  supervisor.on('listening', (addresses) => log.info({ addresses }, 'listening'));
  supervisor.on('lost', (death) => {
    log.error(death, 'data-plane worker died while draining');
    process.exitCode = EXIT_FAILED;
  });
  supervisor.on('restart', (death) => log.error(death, 'data-plane worker died, starting it again'));

  const metrics = openMetrics(service, layout, supervisor);
  const { registry, shared } = metrics;
  openFaultMetrics(registry, listeners, faults.name === 'on' ? faults.control : undefined);
  openUdpSocketMetrics(registry, listeners, () => supervisor.addresses);
  const { adminRefused } = openLossMetrics(registry, droppedLines);
  const app = openAdmin({
    service: { name: service.name, version: service.version },
    log,
    lifecycle,
    supervisor,
    metrics,
    faults,
  });
  try {
    await service.serve?.(app, { config, supervisor, metrics: shared, log });
    const admin = await listenAdmin(app, config.adminHost, config.adminPort, adminRefused);
    log.info({ addresses: admin.addresses }, 'admin listening');
    supervisor.start();

    const signal = await stop;
    log.info({ signal, drainDelayMs: config.drainDelay, drainTimeoutMs: config.drainTimeout }, 'draining');
    await lifecycle.stop(config.drainDelay, async () => {
      const terminated = await supervisor.drain(config.drainTimeout);
      if (terminated > 0) {
        log.error({ workers: terminated }, 'data-plane workers did not drain in time and were terminated');
        process.exitCode = EXIT_FAILED;
      }
    });
    await admin.close();
    log.info('stopped');
    // When the log reader is stuck, unwritten log lines would keep the process alive.
    if (!(await flush())) process.exit();
  } catch (error) {
    await fail(error as Error);
  }
}
