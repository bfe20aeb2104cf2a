import { addressesIn, contains, type Networks } from '@echo-daytime/addresses';
import type { Endpoint } from '../endpoint.ts';
import type { TcpConnection, TcpProtocol } from '../tcp/connection.ts';
import { ignore } from '../tcp/handler.ts';
import { readProxyHeader } from './proxy-header.ts';

export const proxyModes = ['off', 'optional', 'required'] as const;
export type ProxyMode = (typeof proxyModes)[number];

export interface ProxyRules {
  readonly proxyProtocol: ProxyMode;
  /** CIDRs of the proxies that are believed. */
  readonly trustedProxies: readonly string[];
}

/** A proxy sends its header at once; 3 s let TCP send it again (section 2 of the specification). Milliseconds. */
const HEADER_TIMEOUT_MS = 3_000;

/**
 * Finds out whose a connection is before its conversation begins, where proxies announce it (proxy-header.ts).
 * A header that breaks the rules, or that comes from nobody who is trusted, closes with reason `protocol`.
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
    else connection.open(peer, turnAway);
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

/** The peer counts as itself first: its own limits hold even when it gets nothing. */
const turnAway: TcpProtocol = (connection) => {
  connection.end('protocol');
  return ignore;
};

/**
 * A peer that is not trusted is served as itself, until what it has sent turns out to be a claim to be somebody
 * else. Nobody waits for that: a client whose data only begin like a header is answered byte by byte.
 */
function withoutHeader(protocol: TcpProtocol): TcpProtocol {
  return (connection) => {
    const handler = protocol(connection);
    /** What may still become a header; undefined once it is none. */
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
