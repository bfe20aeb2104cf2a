import type { IpAddress } from '@echo-daytime/addresses';
import {
  type AddressAttempt,
  eachAddress,
  type Failed,
  type FailedAddress,
  failedWords,
  hasFailed,
} from '../../net/each-address.ts';
import type { FlowFailure } from '../../net/flow-failure.ts';
import { type OpenedUdp, openUdp, udpSilence } from '../../net/open-udp.ts';
import { MIN_PAYLOAD_BYTES } from '../../payload/payload.ts';
import type { Clock } from '../../sampling/clock.ts';
import { hostPort } from '../../targets/target.ts';
import { headerBytes, type InterfaceMtu, interfaceMtu, onePacketBytes } from './interface-mtu.ts';
import { AttemptFailedError, type SizeSearch, searchSizes } from './search-sizes.ts';
import { type SizeResult, type TryOptions, trySize } from './try-size.ts';

export interface MtuSearchOptions {
  readonly port: number;
  /** The largest size that is tried, bytes. */
  readonly maxBytes: number;
  /** A size that has to be tried itself, bytes: between two that return may be one that does not. */
  readonly minBytes?: number | undefined;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  tried(result: SizeResult): void;
  /** Some addresses do not work, another one does. */
  failed(words: string): void;
}

export interface MtuSearch {
  readonly peer?: string;
  readonly family?: 4 | 6;
  /** Addresses that failed while the one of the peer worked. */
  readonly failed?: readonly FailedAddress[];
  /** That datagrams leave this host by, where the system tells. */
  readonly leaving?: InterfaceMtu;
  /** In the order in which they were tried. */
  readonly sizes: readonly SizeResult[];
  readonly verdict:
    | ({ readonly result: 'found' } & SizeSearch)
    | { readonly result: 'failed'; readonly words: string }
    /** Stopped before there was an answer; so much is known to return. */
    | { readonly result: 'interrupted'; readonly largestBytes: number };
}

/** What UDP's length field could count, RFC 768, though no IP packet holds as much. */
export const MAX_UDP_BYTES = 65_535;
/** The length field of IPv4 counts its own header, that of IPv6 does not (RFC 791, RFC 8200). */
const MAX_IP_BYTES = { 4: 65_535, 6: 65_575 } as const;

/** An echo service that has returned the smallest size. */
interface EchoPeer extends OpenedUdp {
  readonly address: IpAddress;
  readonly first: SizeResult;
}

/**
 * Finds the largest datagram that an echo service returns, at the first address that returns any.
 *
 * @returns how far it came when aborted
 */
export async function findLargest(
  addresses: readonly IpAddress[],
  options: MtuSearchOptions,
): Promise<MtuSearch> {
  const { clock, port, signal, timeoutMs } = options;
  const tryOptions: TryOptions = { ...options, run: Math.trunc(Math.random() * 2 ** 32) };
  const way: AddressAttempt<EchoPeer, Pick<FlowFailure, 'words'>> = {
    open: (address, wanted) => openEcho(address, port, { ...tryOptions, signal: wanted }),
    discard: ({ socket }) => socket.close(),
    silence: ({ address }, waitedMs) => udpSilence(hostPort(address, port), waitedMs),
  };
  const limits = { clock, deadlineMs: clock.now() + timeoutMs, signal };
  const { opened, failed, failure } = await eachAddress(addresses, way, limits);
  if (failure) return { sizes: [], verdict: { result: 'failed', words: failure.words } };
  if (failed.length > 0) options.failed(failedWords(failed));

  const { address, first, peer, socket } = opened;
  const { family } = address;
  const sizes = [first];
  options.tried(first);
  const attempt = async (bytes: number): Promise<SizeResult> => {
    const result = await trySize(socket, peer, bytes, tryOptions);
    sizes.push(result);
    options.tried(result);
    return result;
  };
  const leaving = interfaceMtu(socket.address().address, address.address);
  const about = { peer, family, failed, sizes, ...(leaving && { leaving }) };
  const range = {
    minBytes: MIN_PAYLOAD_BYTES,
    maxBytes: options.maxBytes,
    ipBytes: MAX_IP_BYTES[family] - headerBytes(family),
    packetBytes: onePacketBytes(leaving, family),
  };
  try {
    const found = await searchSizes(range, attempt);
    const { minBytes } = options;
    const isOpen = minBytes !== undefined && minBytes < found.largestBytes;
    if (isOpen && !sizes.some(({ bytes }) => bytes === minBytes)) await attempt(minBytes);
    return { ...about, verdict: { result: 'found', ...found } };
  } catch (error) {
    if (error instanceof AttemptFailedError) {
      return { ...about, verdict: { result: 'failed', words: failureWords(error.result, peer) } };
    }
    if (!signal.aborted) throw error;
    return { ...about, verdict: { result: 'interrupted', largestBytes: largestReturned(sizes) } };
  } finally {
    socket.close();
  }
}

/** @throws the signal's reason when aborted */
async function openEcho(
  address: IpAddress,
  port: number,
  options: TryOptions,
): Promise<EchoPeer | Failed<Pick<FlowFailure, 'words'>>> {
  const opened = await openUdp(address, port);
  if (hasFailed(opened)) return opened;
  const { peer, socket } = opened;
  // ICMP answers that come between two sizes.
  socket.on('error', () => {});
  let first: SizeResult | undefined;
  try {
    first = await trySize(socket, peer, MIN_PAYLOAD_BYTES, options);
    if (first.outcome !== 'returned') return { failure: { words: failureWords(first, peer) } };
    return { address, first, peer, socket };
  } finally {
    if (first?.outcome !== 'returned') socket.close();
  }
}

function largestReturned(sizes: readonly SizeResult[]): number {
  return Math.max(0, ...sizes.filter(({ outcome }) => outcome === 'returned').map(({ bytes }) => bytes));
}

function failureWords({ bytes, outcome, returnedBytes, tries, words }: SizeResult, peer: string): string {
  if (words !== undefined) return words;
  if (outcome === 'lost' && returnedBytes !== undefined) {
    return `${peer} is no echo service: it answered a datagram of ${bytes} bytes with ${returnedBytes} other bytes`;
  }
  if (outcome === 'lost') return `${peer} answered none of ${tries} datagrams of ${bytes} bytes`;
  return `${peer} is no echo service: a datagram of ${bytes} bytes came back ${outcome}`;
}
