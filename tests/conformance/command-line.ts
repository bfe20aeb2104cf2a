import { lookup } from 'node:dns/promises';
import {
  ConfigError,
  duration,
  flagOf,
  type Key,
  readConfig,
  text,
  type Values,
} from '@echo-daytime/runtime';
import { quoted } from '@echo-daytime/runtime/shown-text';
import { count, reportJson, reportTable } from './report.ts';
import { runClauses } from './run-clauses.ts';
import type { Target } from './target.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const FLAG_WIDTH = 20;

const keys = {
  host: text('127.0.0.1', 'The host to try, a name or an address', (host) => {
    if (host === '') throw new Error('must be a name or an address');
    return host;
  }),
  echoPort: optionalPort('Port of the echo service, TCP and UDP'),
  echoTcpPort: optionalPort('Port of the echo service over TCP, where it is another'),
  echoUdpPort: optionalPort('Port of the echo service over UDP, where it is another'),
  daytimePort: optionalPort('Port of the daytime service, TCP and UDP'),
  daytimeTcpPort: optionalPort('Port of the daytime service over TCP, where it is another'),
  daytimeUdpPort: optionalPort('Port of the daytime service over UDP, where it is another'),
  stampPort: optionalPort('Port of the STAMP reflector, UDP'),
  timeout: duration('2s', 'How long the host may stay silent where an answer is due'),
};

const portNames = [
  'echoPort',
  'echoTcpPort',
  'echoUdpPort',
  'daytimePort',
  'daytimeTcpPort',
  'daytimeUdpPort',
  'stampPort',
] as const;
const portFlags = portNames.map((name) => `--${flagOf(name)}`);
const NO_PORT = `no port to try; give one or more of ${portFlags.join(', ')}`;

/** The output of a run, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole command line of `npm run conformance`. */
export async function conformance(args: readonly string[]): Promise<Outcome> {
  if (args.includes('--help')) return { code: 0, stdout: `${usage()}\n`, stderr: '' };
  try {
    const target = await readTarget(args.filter((arg) => arg !== '--json'));
    const results = await runClauses(target);
    const report = args.includes('--json') ? reportJson(target, results) : reportTable(results);
    const code = count(results, 'failed') === 0 ? 0 : EXIT_FAILED;
    return { code, stdout: `${report}\n`, stderr: '' };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => `conformance: ${problem}\n`).join('');
    return { code: EXIT_USAGE, stdout: '', stderr: `${problems}Run with --help for every flag.\n` };
  }
}

async function readTarget(args: readonly string[]): Promise<Target> {
  const flags = readFlags(args);
  return {
    host: await addressOf(flags.host),
    echoTcpPort: flags.echoTcpPort ?? flags.echoPort,
    echoUdpPort: flags.echoUdpPort ?? flags.echoPort,
    daytimeTcpPort: flags.daytimeTcpPort ?? flags.daytimePort,
    daytimeUdpPort: flags.daytimeUdpPort ?? flags.daytimePort,
    stampPort: flags.stampPort,
    timeoutMs: flags.timeout,
  };
}

/** @throws ConfigError with every problem at once, a port that was never given among them */
function readFlags(args: readonly string[]): Values<typeof keys> {
  try {
    return readConfig<Values<typeof keys>>(keys, { env: {}, args }, (flags) => [
      ...(flags.timeout === 0 ? ['--timeout must be longer than 0'] : []),
      ...(portNames.every((name) => flags[name] === undefined) ? [NO_PORT] : []),
    ]);
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems.includes(NO_PORT)) throw error;
    // Where the flags themselves are wrong, nothing was checked between them.
    const isPortGiven = args.some((arg) => portFlags.includes(arg.split('=')[0] ?? ''));
    throw new ConfigError(isPortGiven ? error.problems : [...error.problems, NO_PORT]);
  }
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`--host ${quoted(host)} has no address (${code})`]);
  }
}

function optionalPort(doc: string): Key<number | undefined> {
  return text('', doc, (value) => {
    if (value === '') return undefined;
    const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (!(port >= 1 && port <= 65_535)) throw new Error('must be a port from 1 to 65535');
    return port;
  });
}

function usage(): string {
  const flags = Object.entries<Key<unknown>>(keys).map(([name, { doc, default: initial }]) => {
    const flag = `--${flagOf(name)}`.padEnd(FLAG_WIDTH);
    return `  ${flag}${doc}${initial === '' ? '' : ` (default ${initial})`}`;
  });
  return [
    'Holds an echo (RFC 862), daytime (RFC 867) or STAMP (RFC 8762, RFC 8972) server against the RFCs, clause by clause.',
    '',
    'usage: npm run conformance -- --host HOST --echo-port N --daytime-port N --stamp-port N [FLAG…]',
    '',
    ...flags,
    `  ${'--json'.padEnd(FLAG_WIDTH)}The report as JSON`,
    '',
    'Clauses of a port that is not given are skipped. Exit codes: 0 every required clause held, 1 one failed,',
    '2 usage. A suggestion that is not followed is shown as "differs" and does not fail the run.',
  ].join('\n');
}
