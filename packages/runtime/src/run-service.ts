import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { CounterBlock } from '@echo-daytime/link';
import type { FastifyInstance } from 'fastify';
import { listenAdmin } from './admin-listener.ts';
import { type FaultsPart, openAdmin } from './admin-server.ts';
import type { commonKeys } from './common-keys.ts';
import { type ConfigSource, describeKeys, readConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import { FaultControl, type Listeners, openFaultMetrics } from './faults/fault-control.ts';
import type { Keys, Values } from './keys.ts';
import { Lifecycle } from './lifecycle.ts';
import { type Logger, openLog } from './log.ts';
import { openMetrics, type SharedMetrics } from './metrics.ts';
import { Supervisor } from './supervisor.ts';
import { openUdpSocketMetrics } from './udp-socket-drops.ts';

/** What the runtime itself reads of a service's configuration. */
export type CommonConfig = Values<ReturnType<typeof commonKeys>>;

/** What a service adds to the runtime: its keys, its data plane and, where it has one, its own HTTP routes. */
export interface Service<Config extends CommonConfig> {
  readonly name: string;
  readonly version: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly keys: Keys<Config>;
  /** Problems between keys, each a sentence that names its keys. */
  check?(config: Config): readonly string[];
  /** The module that calls `runDataPlane`. */
  readonly dataPlane: URL;
  declareCounters(block: CounterBlock, config: Config): unknown;
  /** Listeners whose connections are limited over all workers together. */
  readonly claims?: readonly string[];
  /** Those that the configuration asks for, by name. */
  listeners?(config: Config): Listeners;
  /** Adds routes to the admin listener. */
  serve?(app: FastifyInstance, context: ServeContext<Config>): void | Promise<void>;
}

export interface ServeContext<Config> {
  readonly config: Config;
  readonly supervisor: Supervisor;
  /** For counters that come and go; those of `declareCounters` are in it. */
  readonly metrics: SharedMetrics;
  readonly log: Logger;
}

/** Exit codes: what an orchestrator or a script may act on. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs a service from its configuration to the end of its drain: the whole life of the control plane. */
export async function runService<Config extends CommonConfig>(
  service: Service<Config>,
  source: ConfigSource = { env: process.env, args: process.argv.slice(2) },
): Promise<void> {
  const config = configure(service, source);
  if (!config) return;

  const lifecycle = new Lifecycle();
  const stop = lifecycle.stopRequested();
  const { log, flush } = await openLog(service.name, config.logLevel);
  log.info({ config, version: service.version, node: process.versions.node, pid: process.pid }, 'start');

  const listeners = service.listeners?.(config) ?? {};
  const faults = faultsPart(listeners, config);
  if (faults.name === 'on') log.warn('faults can be injected through the admin port');

  const layout = new CounterBlock();
  service.declareCounters(layout, config);
  const supervisor = new Supervisor(
    {
      entry: service.dataPlane,
      workers: workerCount(config.workers),
      config,
      declareCounters: (block) => service.declareCounters(block, config),
      claims: service.claims ?? [],
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
  supervisor.on('unendable', async (error) => {
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

  const { registry, shared } = openMetrics(service, layout, supervisor);
  openFaultMetrics(registry, listeners, faults.name === 'on' ? faults.control : undefined);
  openUdpSocketMetrics(registry, listeners, () => supervisor.addresses);
  const app = openAdmin({
    service: { name: service.name, version: service.version },
    log,
    lifecycle,
    supervisor,
    registry,
    faults,
  });
  try {
    await service.serve?.(app, { config, supervisor, metrics: shared, log });
    const admin = await listenAdmin(app, config.adminHost, config.adminPort);
    log.info({ addresses: admin.addresses }, 'admin listening');
    supervisor.start();

    const signal = await stop;
    log.info({ signal, drainDelayMs: config.drainDelay, drainTimeoutMs: config.drainTimeout }, 'draining');
    await lifecycle.stop(config.drainDelay, async () => {
      const ended = await supervisor.drain(config.drainTimeout);
      if (ended > 0) {
        log.error({ workers: ended }, 'data-plane workers did not answer and were ended');
        process.exitCode = EXIT_FAILED;
      }
    });
    await admin.close();
    log.info('stopped');
    // A log reader that is stuck would keep the process from ending by itself.
    if (!(await flush())) process.exit();
  } catch (error) {
    await fail(error as Error);
  }
}

/** The configuration, or undefined when the program has said all it has to say. */
function configure<Config extends CommonConfig>(
  service: Service<Config>,
  source: ConfigSource,
): Config | undefined {
  if (source.args.includes('--help')) {
    process.stdout.write(usage(service));
    return undefined;
  }
  if (source.args.includes('--version')) {
    process.stdout.write(`${service.name} ${service.version}\n`);
    return undefined;
  }
  try {
    const args = source.args.filter((arg) => arg !== '--check-config');
    const config = readConfig(service.keys, { env: source.env, args }, (values) => [
      ...freePortProblems(values),
      ...(service.check?.(values) ?? []),
    ]);
    if (args.length === source.args.length) return config;
    process.stdout.write(`${service.name}: the configuration is valid\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `${service.name}: ${error.message}\nRun with --help for every key, its default and what it does.\n`,
    );
    process.exitCode = EXIT_USAGE;
  }
  return undefined;
}

function usage<Config extends CommonConfig>(service: Service<Config>): string {
  return [
    `${service.name} ${service.version}: ${service.description}`,
    '',
    'Every key is an environment variable or a flag; the flag wins.',
    '',
    describeKeys(service.keys),
    '',
    '  --check-config  validate the configuration and exit',
    '  --version       print the version and exit',
    '  --help          print this and exit',
    '',
  ].join('\n');
}

/** With several workers, port 0 would give each a port of its own. */
function freePortProblems(config: CommonConfig): string[] {
  const anyFree = 'port' in config && config.port === 0;
  if (!anyFree || workerCount(config.workers) === 1) return [];
  return ['PORT=0 (any free port) needs WORKERS=1: several workers share one port, so name it'];
}

function faultsPart(listeners: Listeners, config: CommonConfig): FaultsPart {
  if (!('faults' in config)) return { name: 'none' };
  return config.faults === true ? { name: 'on', control: new FaultControl(listeners) } : { name: 'off' };
}

function workerCount(workers: number | 'auto'): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/** The `data-plane` module beside a service's main module: TypeScript from source, JavaScript when bundled. */
export function dataPlaneBeside(main: string): URL {
  return new URL(`./data-plane${extname(main)}`, main);
}
