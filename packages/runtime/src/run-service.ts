import { extname } from 'node:path';
import { variableOf } from '@echo-daytime/worker';
import type { CommonConfig, ListenerConfig } from './config/common-keys.ts';
import { type ConfigSource, describeKeys, readConfig } from './config/config.ts';
import { listenerProblems } from './config/listener-problems.ts';
import { misspeltVariables } from './config/misspellings.ts';
import { ConfigError } from './errors.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Service } from './service.ts';

/** The exit code that an orchestrator or a script acts on. */
const EXIT_USAGE = 2;

/** Runs a service from its configuration to the end of its drain. */
export async function runService<Config extends CommonConfig & ListenerConfig>(
  service: Service<Config>,
  source: ConfigSource = { env: process.env, args: process.argv.slice(2) },
): Promise<void> {
  const warnings = misspeltVariables(source.env, Object.keys(service.keys).map(variableOf));
  const config = configure(service, source, warnings);
  if (!config) return;
  const lifecycle = new Lifecycle();
  const stop = lifecycle.stopRequested();
  // Most of the code of a service, so --help and --check-config do not load it.
  const { runControlPlane } = await import('./control-plane.ts');
  await runControlPlane(service, { config, warnings }, lifecycle, stop);
}

/** The configuration; undefined when the program has nothing more to do, as after --help. */
function configure<Config extends CommonConfig & ListenerConfig>(
  service: Service<Config>,
  source: ConfigSource,
  warnings: readonly string[],
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
      ...listenerProblems(service.listeners ?? {}, values),
      ...(service.check?.(values) ?? []),
    ]);
    if (args.length === source.args.length) return config;
    for (const warning of warnings) process.stderr.write(`${service.name}: ${warning}\n`);
    process.stdout.write(`${service.name}: the configuration is valid\n`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const warningLines = warnings.map((warning) => `  ${warning}\n`).join('');
    process.stderr.write(
      `${service.name}: ${error.message}\n${warningLines}Run with --help for every key, its default and what it does.\n`,
    );
    process.exitCode = EXIT_USAGE;
  }
  return undefined;
}

function usage<Config extends CommonConfig & ListenerConfig>(service: Service<Config>): string {
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

/** The `worker` module beside a service's main module: TypeScript from source, JavaScript when bundled. */
export function dataPlaneBeside(main: string): URL {
  return new URL(`./worker${extname(main)}`, main);
}
