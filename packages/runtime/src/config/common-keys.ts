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

/** Far more than most machines have cores; the memory for their counters would allow many more. */
const MAX_WORKERS = 1024;

/** The keys of every service. */
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

/** The keys of every listener. */
function listenerKeys() {
  return {
    host: addresses('::', 'Addresses to listen on; :: is every address, IPv4 and IPv6'),
    allow: networks('', 'Networks in CIDR notation that are served; empty = all'),
    deny: networks('', 'Networks in CIDR notation that are not served, whatever ALLOW says'),
    faults: onOff('off', 'Faults can be injected into the replies, through the admin port'),
  };
}

/** The keys of every TCP listener. */
export function tcpKeys() {
  return {
    ...listenerKeys(),
    tcpEngine: choice(
      ['auto', 'epoll', 'net'],
      'auto',
      'TCP engine: epoll = own event loop on Linux; net = node:net; auto = epoll where it works, else net',
    ),
    proxyProtocol: choice(
      ['off', 'optional', 'required'],
      'off',
      'PROXY protocol, versions 1 and 2: whether proxies announce the client address',
    ),
    trustedProxies: networks('', 'Networks in CIDR notation whose PROXY headers are believed'),
    maxConnections: wholeNumber(
      { min: 1, max: 10_000_000 },
      '10000',
      'Open connections per listener; further ones are refused',
    ),
    maxConnectionsPerSource: wholeNumber(
      { min: 1, max: 10_000_000 },
      '1000',
      'Open connections per source address and listener',
    ),
    idleTimeout: duration('2m', 'A connection without traffic for this long is closed; 0s = never'),
    writeTimeout: duration(
      '30s',
      'A connection whose client reads nothing for this long is closed; 0s = never',
    ),
    backlog: wholeNumber(
      { min: 1, max: 65_535 },
      '1024',
      'Length of the accept queue: connections the kernel holds until they are accepted',
    ),
  };
}

/** The keys of every UDP listener. */
export function udpKeys() {
  return {
    ...listenerKeys(),
    udpEngine: choice(
      ['auto', 'batch', 'dgram'],
      'auto',
      'UDP engine: batch = many datagrams per system call, on Linux; dgram = node:dgram; auto = batch where it works',
    ),
    ratePerSource: wholeNumber(
      { min: 0, max: 10_000_000 },
      '1000',
      'Datagrams per second and source address, with a burst of twice that; 0 = no limit',
    ),
    maxSources: wholeNumber(
      { min: 1, max: 16_777_216 },
      '65536',
      'Source addresses whose rate is tracked; the oldest is dropped first',
    ),
    loopGuard: onOff('on', 'Drop datagrams whose reply could start a loop or hit a third party'),
  };
}

/** The keys of a service that tells its clients who answers. */
export function identityKeys() {
  return {
    identity: onOff('on', 'Clients that ask are told who answers: the names below, or else the host name'),
    podName: name('Name of the pod that this service runs in'),
    nodeName: name('Name of the node that this service runs on'),
    zoneName: name('Name of the zone that the node is in'),
  };
}

/** What the runtime reads of every service's configuration. */
export type CommonConfig = Values<ReturnType<typeof commonKeys>>;

/** What the runtime reads in addition when the service has listeners. */
export type ListenerConfig = Partial<Values<ReturnType<typeof tcpKeys>> & Values<ReturnType<typeof udpKeys>>>;

function name(doc: string): Key<string> {
  return text('', `${doc}; empty = not known`, (value) => {
    if (/^[!-~]{0,253}$/.test(value)) return value;
    throw new Error('must be at most 253 characters of printable ASCII, without a space');
  });
}

function workers(): Key<number | 'auto'> {
  return text('1', 'Data-plane threads; auto = one per core', (value) => {
    const count = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN;
    if (value === 'auto') return 'auto';
    if (!(count >= 1 && count <= MAX_WORKERS)) throw new Error(`must be auto or from 1 to ${MAX_WORKERS}`);
    return count;
  });
}
