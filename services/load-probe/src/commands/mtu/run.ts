import type { IpAddress } from '@echo-daytime/addresses';
import {
  type AddressAttempt,
  eachAddress,
  type Failed,
  type FailedAddress,
  failedDetail,
  hasFailed,
} from '../../net/each-address.ts';
import { type OpenedUdp, openUdp, udpSilence } from '../../net/open-udp.ts';
import { lookUp } from '../../net/resolve.ts';
import { MIN_PAYLOAD_BYTES } from '../../payload/payload.ts';
import type { Clock } from '../../sampling/clock.ts';
import { headerBytes, type InterfaceMtu, interfaceMtu, onePacketBytes } from './interface-mtu.ts';
import { AttemptFailedError, type SizeSearch, searchSizes } from './search-sizes.ts';
import { type SizeResult, type TryOptions, trySize } from './try-size.ts';

/** How long the lookup of the name may take, milliseconds. */
const LOOKUP_TIMEOUT_MS = 5_000;

export interface MtuSearchOptions {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** The largest size that is tried, bytes. */
  readonly maxBytes: number;
  /** The gate's size, which is tried itself, bytes: it may be lost although larger sizes return. */
  readonly minBytes?: number | undefined;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  tried(result: SizeResult): void;
  /** Some addresses failed while another one worked. */
  failed(detail: string): void;
}

export interface MtuSearch {
  readonly remote?: string;
  readonly family?: 4 | 6;
  /** Addresses that failed while the address of `remote` worked. */
  readonly failed?: readonly FailedAddress[];
  /** The interface through which datagrams leave this host, where it is known. */
  readonly leaving?: InterfaceMtu;
  /** In the order in which they were tried. */
  readonly sizes: readonly SizeResult[];
  readonly result:
    | ({ readonly name: 'found' } & SizeSearch)
    | { readonly name: 'failed'; readonly detail: string }
    /** Stopped before there was a result; `largestBytes` is known to return. */
    | { readonly name: 'interrupted'; readonly largestBytes: number };
}

/** The maximum of UDP's length field (RFC 768). No IP packet holds that much, so the first size tried never returns. */
export const MAX_UDP_BYTES = 65_535;
/** The length field of IPv4 includes its header, that of IPv6 does not (RFC 791, RFC 8200). */
const MAX_IP_BYTES = { 4: 65_535, 6: 65_575 } as const;

/** An echo service that has returned the smallest size. */
interface EchoPeer extends OpenedUdp {
  readonly address: IpAddress;
  readonly first: SizeResult;
}

/**
 * Finds the largest datagram that an echo service returns, at the first address that returns one.
 *
 * @returns the result so far when aborted
 */
export async function findLargest(options: MtuSearchOptions): Promise<MtuSearch> {
  const { signal } = options;
  try {
    const { addresses, failure } = await lookUp(options.host, { ...options, timeoutMs: LOOKUP_TIMEOUT_MS });
    if (failure) return { sizes: [], result: { name: 'failed', detail: failure.detail } };
    return await findLargestOver(addresses, options);
  } catch (error) {
    if (!signal.aborted) throw error;
    return { sizes: [], result: { name: 'interrupted', largestBytes: 0 } };
  }
}

/** @throws the signal's reason when aborted before a datagram has returned */
async function findLargestOver(
  addresses: readonly IpAddress[],
  options: MtuSearchOptions,
): Promise<MtuSearch> {
  const { clock, port, signal, timeoutMs } = options;
  const tryOptions: TryOptions = { ...options, run: Math.trunc(Math.random() * 2 ** 32) };
  const addressAttempt: AddressAttempt<EchoPeer, { readonly detail: string }> = {
    port,
    open: (address, wanted) => openEcho(address, port, { ...tryOptions, signal: wanted }),
    discard: ({ socket }) => socket.close(),
    silence: udpSilence,
  };
  const limits = { clock, deadlineMs: clock.now() + timeoutMs, signal };
  const { opened, failed, failure } = await eachAddress(addresses, addressAttempt, limits);
  if (failure) return { sizes: [], result: { name: 'failed', detail: failure.detail } };
  if (failed.length > 0) options.failed(failedDetail(failed));

  const { address, first, remote, socket } = opened;
  const { family } = address;
  const sizes = [first];
  options.tried(first);
  const attempt = async (bytes: number): Promise<SizeResult> => {
    const result = await trySize(socket, remote, bytes, tryOptions);
    sizes.push(result);
    options.tried(result);
    return result;
  };
  const leaving = interfaceMtu(socket.address().address, address.address);
  const about = { remote, family, failed, sizes, ...(leaving && { leaving }) };
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
    return { ...about, result: { name: 'found', ...found } };
  } catch (error) {
    if (error instanceof AttemptFailedError) {
      return { ...about, result: { name: 'failed', detail: failureDetail(error.result, remote) } };
    }
    if (!signal.aborted) throw error;
    return { ...about, result: { name: 'interrupted', largestBytes: largestReturned(sizes) } };
  } finally {
    socket.close();
  }
}

/** @throws the signal's reason when aborted */
async function openEcho(
  address: IpAddress,
  port: number,
  options: TryOptions,
): Promise<EchoPeer | Failed<{ readonly detail: string }>> {
  const opened = await openUdp(address, port);
  if (hasFailed(opened)) return opened;
  const { remote, socket } = opened;
  // An ICMP message may come between two sizes.
  socket.on('error', () => {});
  let first: SizeResult | undefined;
  try {
    first = await trySize(socket, remote, MIN_PAYLOAD_BYTES, options);
    if (first.outcome !== 'returned') return { failure: { detail: failureDetail(first, remote) } };
    return { address, first, remote, socket };
  } finally {
    if (first?.outcome !== 'returned') socket.close();
  }
}

function largestReturned(sizes: readonly SizeResult[]): number {
  return Math.max(0, ...sizes.filter(({ outcome }) => outcome === 'returned').map(({ bytes }) => bytes));
}

function failureDetail({ bytes, outcome, returnedBytes, tries, words }: SizeResult, remote: string): string {
  if (words !== undefined) return words;
  if (outcome === 'lost' && returnedBytes !== undefined) {
    return `${remote} is no echo service: it answered a datagram of ${bytes} bytes with ${returnedBytes} other bytes`;
  }
  if (outcome === 'lost') return `${remote} answered none of ${tries} datagrams of ${bytes} bytes`;
  return `${remote} is no echo service: a datagram of ${bytes} bytes came back ${outcome}`;
}
