import type { IpAddress } from '@echo-daytime/addresses';
import {
  type AddressAttempt,
  eachAddress,
  type Failed,
  type FailedAddress,
  failedDetail,
  hasFailed,
} from '../../net/each-address.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { lookUp } from '../../net/resolve.ts';
import type { OpenedUdp, UdpEngine } from '../../net/udp-socket.ts';
import { MIN_PAYLOAD_BYTES } from '../../payload/payload.ts';
import type { Clock } from '../../sampling/clock.ts';
import { headerBytes, type InterfaceMtu, interfaceMtu, onePacketBytes } from './interface-mtu.ts';
import { findPathMtu, type PathMtu, type PathMtuRange } from './path-mtu.ts';
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
  readonly udp: UdpEngine;
  readonly signal: AbortSignal;
  /** @param isUndivided sent with don't-fragment */
  tried(result: SizeResult, isUndivided: boolean): void;
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
  /** With a result: what packets say that may not be divided, or why they say nothing. */
  readonly pathMtu?: PathMtu | { readonly unknown: string };
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
    open: (address, wanted) => openEcho(options.udp, address, port, { ...tryOptions, signal: wanted }),
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
  options.tried(first, false);
  const attempt = async (bytes: number): Promise<SizeResult> => {
    const result = await trySize(socket, remote, bytes, tryOptions);
    sizes.push(result);
    options.tried(result, false);
    return result;
  };
  const leaving = interfaceMtu(socket.local.address, address.address);
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
    const { hole, largestBytes } = found;
    const pathMtu = await pathMtuOf(opened, options, tryOptions, {
      family,
      minBytes: MIN_PAYLOAD_BYTES,
      packetBytes: Math.min(range.packetBytes, range.ipBytes),
      guessBytes: hole ? hole.from - 1 : largestBytes,
    });
    return { ...about, pathMtu, result: { name: 'found', ...found } };
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
  udp: UdpEngine,
  address: IpAddress,
  port: number,
  options: TryOptions,
): Promise<EchoPeer | Failed<{ readonly detail: string }>> {
  const opened = await udp.open(address, port);
  if (hasFailed(opened)) return opened;
  const { remote, socket } = opened;
  let first: SizeResult | undefined;
  try {
    first = await trySize(socket, remote, MIN_PAYLOAD_BYTES, options);
    if (first.outcome !== 'returned') return { failure: { detail: failureDetail(first, remote) } };
    return { address, first, remote, socket };
  } finally {
    if (first?.outcome !== 'returned') socket.close();
  }
}

/** @throws the signal's reason when aborted */
async function pathMtuOf(
  { address, remote }: EchoPeer,
  { maxBytes, port, tried, udp }: MtuSearchOptions,
  tryOptions: TryOptions,
  range: PathMtuRange,
): Promise<NonNullable<MtuSearch['pathMtu']>> {
  if (udp.limited !== undefined)
    return { unknown: `nothing sets the don't-fragment bit here: ${udp.limited}` };
  if (maxBytes < range.packetBytes) return { unknown: `one packet holds more than --max ${maxBytes}` };
  const opened = await udp.open(address, port, { dontFragment: true });
  if (hasFailed(opened)) return { unknown: opened.failure.detail };
  const { socket } = opened;
  try {
    return await findPathMtu(range, async (bytes) => {
      const result = await trySize(socket, remote, bytes, { ...tryOptions, dontFragment: true });
      tried(result, true);
      return result;
    });
  } catch (error) {
    if (!(error instanceof AttemptFailedError)) throw error;
    return { unknown: failureDetail(error.result, remote) };
  } finally {
    socket.close();
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
