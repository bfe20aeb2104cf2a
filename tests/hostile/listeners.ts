import type { Environment } from './service.ts';

type TcpListener = 'echo-tcp' | 'dialog-tcp' | 'daytime-tcp' | 'session-tcp';
type UdpListener = 'echo-udp' | 'daytime-udp' | 'stamp-udp';

interface Listener {
  readonly service: 'echo' | 'daytime' | 'udp-daytime';
  /** The request of an ordinary client, and its reply. */
  readonly request: string;
  readonly reply: RegExp;
  /** The parser whose inputs are used to fuzz the listener. */
  readonly parser: 'dialog' | 'session' | 'proxy-header' | 'stamp';
}

/** RFC 8762, 4.2.1: nothing but a multiplier. As latin1. */
const STAMP = `${'\0'.repeat(13)}\x01${'\0'.repeat(30)}`;
const DAYTIME = /^\w+day, \w+ \d+, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/;

/** Every listener of the services. */
export const listeners: Readonly<Record<TcpListener | UdpListener, Listener>> = {
  'echo-tcp': { service: 'echo', request: 'hello', reply: /^hello$/, parser: 'proxy-header' },
  'dialog-tcp': { service: 'echo', request: 'hello\t', reply: /^server got:hello\t$/, parser: 'dialog' },
  'daytime-tcp': { service: 'daytime', request: '', reply: DAYTIME, parser: 'session' },
  'session-tcp': { service: 'daytime', request: 'timestamp\n', reply: /^\d{10}\r\n$/, parser: 'session' },
  'echo-udp': { service: 'echo', request: 'hello', reply: /^hello$/, parser: 'proxy-header' },
  'stamp-udp': { service: 'echo', request: STAMP, reply: /^[\s\S]{44}$/, parser: 'stamp' },
  'daytime-udp': { service: 'udp-daytime', request: '', reply: DAYTIME, parser: 'session' },
};

/** A TCP listener with the settings of one process. */
export interface Mode extends Listener {
  readonly name: string;
  readonly listener: TcpListener;
  /** Name of the process. */
  readonly process: string;
  readonly env: Environment;
  /** The header of the proxy in front; empty without a proxy. */
  readonly header: string;
}

export const PROXY_HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n';
const PROXY = { TRUSTED_PROXIES: '127.0.0.0/8' };

/** Every TCP listener, in as few processes as possible. PROXY modes share listeners: all use the same header code. */
export const modes: readonly Mode[] = [
  ...modesOf(['echo-tcp', 'dialog-tcp'], '', {}),
  ...modesOf(['echo-tcp', 'dialog-tcp'], ', PROXY optional', {
    ...{ ...PROXY, PROXY_PROTOCOL: 'optional', DIALOG_DELIMITER: '' },
  }),
  ...modesOf(['daytime-tcp', 'session-tcp'], '', {}),
  ...modesOf(['daytime-tcp', 'session-tcp'], ', PROXY required', { ...PROXY, PROXY_PROTOCOL: 'required' }),
];

function modesOf(names: readonly TcpListener[], suffix: string, env: Environment): Mode[] {
  return names.map((listener) => ({
    ...listeners[listener],
    // Without a delimiter, the bytes of one read are a message.
    ...(listener === 'dialog-tcp' &&
      env.DIALOG_DELIMITER === '' && { request: 'hello', reply: /^server got:hello$/ }),
    ...{ listener, env, name: listener + suffix, process: listeners[listener].service + suffix },
    header: env.PROXY_PROTOCOL === undefined ? '' : PROXY_HEADER,
  }));
}
