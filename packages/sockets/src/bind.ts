import type { Socket as UdpSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { listenText, ZoneError } from '@echo-daytime/addresses';

/** A listener that can't be opened; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;

  constructor(code: string, message: string, cause: Error) {
    super(message, { cause });
    this.code = code;
  }
}

/** The address that a listener binds, and the configuration key that sets its port. */
export interface BindTarget {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly portKey: string;
}

export interface TcpBindOptions extends BindTarget {
  readonly backlog: number;
  readonly reusePort: boolean;
  /** True where IPv4 has a socket of its own; otherwise `::` serves both families. */
  readonly ipv6Only: boolean;
}

export type Address = { readonly address: string; readonly port: number };

export async function bindTcp(server: Server, options: TcpBindOptions): Promise<Address> {
  const { host, port, backlog, reusePort, ipv6Only } = options;
  return bind(server, options, (bound) => {
    server.listen({ host: listenText(host), port, backlog, reusePort, ipv6Only }, bound);
  });
}

/** `reusePort` and `ipv6Only` were set when the socket was made. */
export async function bindUdp(socket: UdpSocket, options: BindTarget): Promise<Address> {
  const { host, port } = options;
  return bind(socket, options, (bound) => {
    socket.bind({ address: listenText(host), port, exclusive: true }, bound);
  });
}

async function bind(
  socket: Server | UdpSocket,
  options: BindTarget,
  start: (bound: () => void) => void,
): Promise<Address> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  try {
    start(resolve);
    await promise;
  } catch (error) {
    throw listenError(options, error as NodeJS.ErrnoException);
  } finally {
    socket.removeListener('error', reject);
  }
  const { address, port } = socket.address() as Address;
  return { address, port };
}

/** Says what could not be bound, why, and what the operator can do. */
export function listenError(options: BindTarget, error: NodeJS.ErrnoException): ListenError {
  const { name, host, port, portKey } = options;
  const isZone = error instanceof ZoneError;
  const code = isZone ? 'EADDRNOTAVAIL' : (error.code ?? 'UNKNOWN');
  const what = `${name}: can't listen on ${host} port ${port}`;
  const advice = isZone ? `${error.message}; change HOST` : (adviceFor(code, portKey) ?? error.message);
  return new ListenError(code, `${what}: ${advice} (${code})`, error);
}

function adviceFor(code: string, portKey: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `the port is in use; stop what uses it or set ${portKey}`;
    case 'EACCES':
      return `this user may not open ports that low; set ${portKey} to 1024 or more`;
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address; set HOST to one it has';
    case 'EAFNOSUPPORT':
      return 'this machine has no IPv6; set HOST=0.0.0.0';
    default:
      return undefined;
  }
}
