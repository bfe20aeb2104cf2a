import { overlap } from './bind-addresses.ts';
import {
  addresses,
  choice,
  duration,
  type Key,
  networks,
  onOff,
  port,
  text,
  type Values,
  wholeNumber,
} from './keys.ts';

/** As many as a machine of today may sensibly run; far below what memory for counters would forbid. */
const MAX_WORKERS = 1024;

/** What every service understands. */
export function commonKeys(defaults: { readonly adminPort: string }) {
  return {
    adminHost: addresses('::', 'Addresses of the admin HTTP listener'),
    adminPort: port(defaults.adminPort, 'Port of the admin HTTP listener: health, metrics, version'),
    workers: workers(),
    logLevel: choice(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
      'Least severe log level that is written',
    ),
    drainDelay: duration('0s', 'After a stop signal, how long to go on serving while not ready'),
    drainTimeout: duration('10s', 'After the delay, how long open connections may take to finish'),
  };
}

/** What every listener understands. */
function listenerKeys() {
  return {
    host: addresses('::', 'Addresses to listen on; :: is every address, IPv4 and IPv6'),
    allow: networks('', 'Networks in CIDR notation that are served; empty = all'),
    deny: networks('', 'Networks in CIDR notation that are not served, whatever ALLOW says'),
    faults: onOff('off', 'Faults can be injected into the answers, through the admin port'),
  };
}

/** What every TCP listener understands. */
export function tcpKeys() {
  return {
    ...listenerKeys(),
    proxyProtocol: choice(
      ['off', 'optional', 'required'],
      'off',
      'PROXY protocol, versions 1 and 2: whether proxies announce whose a connection is',
    ),
    trustedProxies: networks('', 'Networks in CIDR notation whose PROXY headers are believed'),
    maxConnections: wholeNumber(
      { min: 1, max: 10_000_000 },
      '10000',
      'Open connections per listener; one more is refused',
    ),
    maxConnectionsPerSource: wholeNumber(
      { min: 1, max: 10_000_000 },
      '1000',
      'Open connections per source address and listener',
    ),
    idleTimeout: duration('2m', 'A connection without traffic for this long is closed; 0s = never'),
    writeTimeout: duration('30s', 'A peer that takes none of its bytes for this long is closed; 0s = never'),
    backlog: wholeNumber(
      { min: 1, max: 65_535 },
      '1024',
      'Connections the kernel queues before they are accepted',
    ),
  };
}

/** The port of a TCP listener, and what switches it off where something does, such as `DIALOG_PORT=0`. */
interface PortChoice {
  readonly port: number;
  readonly off?: string;
}

/**
 * TCP listeners on one port: the kernel would refuse the second, or, where several workers share their ports, hand each
 * connection to either.
 *
 * @param choices those of the service, by their keys; port 0 is none, or one that the system chooses
 */
export function portProblems(
  config: Values<ReturnType<typeof listenerKeys>> & Values<ReturnType<typeof commonKeys>>,
  choices: Readonly<Record<string, PortChoice>>,
): string[] {
  const admin = overlap(config.host, config.adminHost) ? { ADMIN_PORT: { port: config.adminPort } } : {};
  const byPort = Map.groupBy(Object.entries<PortChoice>({ ...choices, ...admin }), ([, { port }]) => port);
  byPort.delete(0);
  return [...byPort]
    .filter(([, listeners]) => listeners.length > 1)
    .map(([port, listeners]) => {
      const named = listeners.map(([key]) => `${key}=${port}`).join(' and ');
      const offs = listeners.flatMap(([, { off }]) => off ?? []).reverse();
      const remedy = ['give each its own', ...(offs.length > 0 ? [`set ${offs.join(' or ')}`] : [])].join(
        ', or ',
      );
      return `${named} are one TCP port for ${listeners.length === 2 ? 'two' : 'three'} listeners; ${remedy}`;
    });
}

/** Problems between the keys of a TCP listener. */
export function tcpProblems(config: Values<ReturnType<typeof tcpKeys>>): string[] {
  if (config.proxyProtocol === 'off' || config.trustedProxies.length > 0) return [];
  return [
    `PROXY_PROTOCOL=${config.proxyProtocol} believes nobody while TRUSTED_PROXIES is empty; name the proxies' networks`,
  ];
}

/** What every UDP listener understands. */
export function udpKeys() {
  return {
    ...listenerKeys(),
    udpEngine: choice(
      ['auto', 'batch', 'dgram'],
      'auto',
      'What moves datagrams: batch = many with one system call, where the system can; dgram = one by one',
    ),
    ratePerSource: wholeNumber(
      { min: 0, max: 10_000_000 },
      '1000',
      'Datagrams per second and source address, with a burst of twice that; 0 = no limit',
    ),
    maxSources: wholeNumber(
      { min: 1, max: 16_777_216 },
      '65536',
      'Source addresses remembered for the rate; the oldest is forgotten first',
    ),
    loopGuard: onOff('on', 'Drop datagrams whose answer could start a loop or hit a bystander'),
  };
}

/** Problems between the keys of a UDP listener. */
export function udpProblems(config: Values<ReturnType<typeof udpKeys>>): string[] {
  if (!config.faults || config.udpEngine !== 'batch') return [];
  return [
    'UDP_ENGINE=batch and FAULTS=on do not go together: faults are made of answers one by one; set UDP_ENGINE to auto or dgram, or FAULTS=off',
  ];
}

function workers(): Key<number | 'auto'> {
  return text('1', 'Data-plane threads; auto = one per core', (value) => {
    const count = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN;
    if (value === 'auto') return 'auto';
    if (!(count >= 1 && count <= MAX_WORKERS)) throw new Error(`must be auto or from 1 to ${MAX_WORKERS}`);
    return count;
  });
}
