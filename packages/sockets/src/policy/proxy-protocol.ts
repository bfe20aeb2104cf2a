import { addressesIn, contains, type Networks } from '@echo-daytime/addresses';
import type { Endpoint } from '../endpoint.ts';
import type { TcpConnection, TcpProtocol } from '../tcp/connection.ts';
import { ignore } from '../tcp/handler.ts';
import { readProxyHeader } from './proxy-header.ts';

export const proxyModes = ['off', 'optional', 'required'] as const;
export type ProxyMode = (typeof proxyModes)[number];

export interface ProxyRules {
  readonly proxyProtocol: ProxyMode;
  /** CIDRs of the proxies whose headers are believed. */
  readonly trustedProxies: readonly string[];
}

/** A proxy sends its header at once; 3 s let TCP send it again (section 2 of the specification). Milliseconds. */
const HEADER_TIMEOUT_MS = 3_000;

/**
 * Reads the client's address from the proxy's header (proxy-header.ts) before the protocol starts. A header that breaks
 * the rules, or that comes from a peer that is not trusted, closes the connection with reason `protocol`.
 */
export class ProxyPolicy {
  readonly #mode: ProxyMode;
  readonly #trusted: Networks;

  constructor({ proxyProtocol, trustedProxies }: ProxyRules) {
    this.#mode = proxyProtocol;
    this.#trusted = addressesIn(trustedProxies);
  }

  open(connection: TcpConnection, peer: Endpoint, protocol: TcpProtocol): void {
    if (this.#mode === 'off') connection.open(peer, protocol);
    else if (contains(this.#trusted, peer.address)) this.#awaitHeader(connection, peer, protocol);
    else if (this.#mode === 'optional') connection.open(peer, withoutHeader(protocol));
    else connection.open(peer, closeUnserved);
  }

  #awaitHeader(connection: TcpConnection, peer: Endpoint, protocol: TcpProtocol): void {
    let seen: Buffer = Buffer.alloc(0);
    const withoutOne = (): void => {
      if (this.#mode === 'required') connection.end('protocol');
      else connection.open(peer, protocol, seen);
    };
    connection.setDeadline(HEADER_TIMEOUT_MS, withoutOne);
    connection.identify({
      data(chunk) {
        seen = Buffer.concat([seen, chunk]);
        const header = readProxyHeader(seen);
        if (header.state === 'complete') {
          connection.open(header.source ?? peer, protocol, seen.subarray(header.length));
        } else if (header.state === 'invalid') {
          connection.end('protocol');
        } else if (header.state === 'absent') {
          withoutOne();
        }
      },
      end: withoutOne,
    });
  }
}

/** Closes a connection without serving it. It still counts towards the limits of its peer. */
const closeUnserved: TcpProtocol = (connection) => {
  connection.end('protocol');
  return ignore;
};

/**
 * Serves a peer that is not trusted under its own address, and closes the connection when its first bytes are a header.
 * Bytes that may still become a header are served at once: data that only begin like one get their reply without delay.
 */
function withoutHeader(protocol: TcpProtocol): TcpProtocol {
  return (connection) => {
    const handler = protocol(connection);
    /** The bytes so far while they may still become a header; undefined once they are none. */
    let suspect: Buffer | undefined = Buffer.alloc(0);
    return {
      data(chunk) {
        if (suspect) {
          suspect = Buffer.concat([suspect, chunk]);
          const { state } = readProxyHeader(suspect);
          if (state === 'complete' || state === 'invalid') {
            connection.end('protocol');
            return;
          }
          if (state === 'absent') suspect = undefined;
        }
        handler.data(chunk);
      },
      end: () => handler.end(),
      writable: () => handler.writable?.(),
    };
  };
}
