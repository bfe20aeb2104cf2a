import { jsonDocument, textOf } from '../../cli/report.ts';
import { failedDocument } from '../../net/each-address.ts';
import { headerBytes, onePacketBytes } from './interface-mtu.ts';
import type { MtuOptions } from './options.ts';
import type { MtuSearch } from './run.ts';
import type { SizeHole } from './search-sizes.ts';
import type { SizeResult } from './try-size.ts';

/** Whether there is a result and the gate held. */
export function hasHeld({ minBytes }: Pick<MtuOptions, 'minBytes'>, search: MtuSearch): boolean {
  const { result } = search;
  if (result.name === 'failed') return false;
  if (minBytes === undefined) return result.name === 'found';
  if (result.name === 'interrupted') return minBytes <= gaplessBytes(search);
  if (search.sizes.some(({ bytes, outcome }) => bytes === minBytes && outcome !== 'returned')) return false;
  return minBytes <= (holeOf(result)?.from ?? result.largestBytes + 1) - 1;
}

/** The size up to which every datagram is known to return after a search was stopped: it may not have found a hole yet. */
function gaplessBytes({ family = 4, leaving, sizes }: MtuSearch): number {
  const packetBytes = onePacketBytes(leaving, family);
  const returned = sizes.filter(({ outcome }) => outcome === 'returned').map(({ bytes }) => bytes);
  const whole = Math.max(0, ...returned.filter((bytes) => bytes <= packetBytes));
  return whole === packetBytes ? Math.max(...returned) : whole;
}

function holeOf(result: MtuSearch['result']): SizeHole | undefined {
  return result.name === 'found' ? result.hole : undefined;
}

/** The result as JSON. */
export function jsonReport(options: MtuOptions, search: MtuSearch): string {
  const { failed, family, leaving, pathMtu, remote, sizes, result } = search;
  const held = hasHeld(options, search);
  const largestBytes = result.name === 'failed' ? null : result.largestBytes;
  return jsonDocument({
    held,
    url: options.url,
    peer: remote ?? null,
    failedAddresses: failedDocument(failed),
    result: result.name,
    largestBytes,
    hole: holeOf(result) ?? null,
    pathMtu: pathMtu && 'bytes' in pathMtu ? pathMtu.bytes : null,
    reportedBy: (pathMtu && 'bytes' in pathMtu && pathMtu.reporter) || null,
    packetBytes: largestBytes === null || family === undefined ? null : largestBytes + headerBytes(family),
    interface: leaving ?? null,
    words: reportLines(options, search),
    gates: options.minBytes === undefined ? [] : [{ name: 'min', allowedBytes: options.minBytes, held }],
    sizes,
  });
}

/** The result as text. */
export function textReport(options: MtuOptions, search: MtuSearch): string {
  const lines = reportLines(options, search);
  if (options.minBytes !== undefined) {
    const gate = `--min ${options.minBytes}`;
    lines.push(hasHeld(options, search) ? `${gate} held` : `${gate} did not hold`);
  }
  return textOf(lines);
}

/** The line for the result of one size. */
export function triedLine(result: SizeResult, isUndivided: boolean): string {
  const how = isUndivided ? ', not to be divided' : '';
  return `${result.bytes} bytes${how}: ${outcomeWords(result)}\n`;
}

function reportLines({ maxBytes, minBytes }: MtuOptions, search: MtuSearch): string[] {
  const { family = 4, remote, sizes, result } = search;
  if (result.name === 'failed') return [result.detail];
  const { largestBytes } = result;
  if (result.name === 'interrupted') return [stoppedWords(largestBytes, gaplessBytes(search))];
  const packet = largestBytes + headerBytes(family);
  const lines = [
    `the largest datagram that ${remote} returns has ${largestBytes} bytes, ${packet} with the headers of IPv${family} and UDP`,
  ];
  const larger = sizes
    .filter(({ bytes }) => bytes > largestBytes)
    .sort((one, other) => one.bytes - other.bytes);
  const [first] = larger;
  const kinds = larger.filter(({ outcome }, index) => larger[index - 1]?.outcome !== outcome);
  lines.push(...kinds.map((result) => `${result.bytes} bytes: ${outcomeWords(result)}`));
  if (!first) lines.push(`larger ones were not tried (--max ${maxBytes})`);
  const asked = sizes.find(({ bytes }) => bytes === minBytes && bytes < largestBytes);
  if (asked && asked.outcome !== 'returned') {
    lines.push(`but ${asked.bytes} bytes do not return: ${outcomeWords(asked)}`);
  }
  return [...lines, ...pathMtuWords(search), ...packetWords(search, first)];
}

function stoppedWords(largestBytes: number, gapless: number): string {
  const words = `stopped; datagrams of ${largestBytes} bytes return`;
  if (gapless === largestBytes) return words;
  return `${words} in fragments; whole packets are known to return up to ${gapless} bytes only`;
}

function outcomeWords({ outcome, returnedBytes, tries, words }: SizeResult): string {
  const why = words === undefined ? '' : `: ${words}`;
  switch (outcome) {
    case 'returned':
      return tries === 1 ? 'returned' : `returned at try ${tries}${why}`;
    case 'lost':
      return `lost ${tries === 1 ? 'once' : `${tries} times`}, ${lostWords(returnedBytes)}`;
    case 'truncated':
      return `truncated: ${returnedBytes} bytes came back`;
    case 'corrupt':
      return 'corrupt: as many bytes came back, but with other values';
    case 'never_sent':
      return `never sent: this host sends no datagram of that size (${words})`;
    case 'too_large':
      return `lost, with an ICMP message that it is too large for the path${why}`;
    case 'refused':
    case 'unreachable':
      return `${outcome}${why}`;
  }
}

function lostWords(otherBytes: number | undefined): string {
  return otherBytes === undefined ? 'without any error' : `but ${otherBytes} other bytes came`;
}

/** The path MTU and who says so. */
function pathMtuWords({ family = 4, leaving, pathMtu, result }: MtuSearch): string[] {
  if (result.name !== 'found' || pathMtu === undefined) return [];
  if ('unknown' in pathMtu) return [`the path MTU is not known: ${pathMtu.unknown}`];
  const { bytes, isOfInterface, reporter } = pathMtu;
  const mtu = `the path MTU is ${bytes} bytes`;
  if (isOfInterface)
    return [`${mtu}, that of ${leaving?.name ?? 'most links'}: nothing on the way is smaller`];
  if (reporter === undefined)
    return [`${mtu}: no router says so, larger packets that may not be divided just vanish`];
  const message = family === 4 ? 'ICMP fragmentation needed' : 'ICMPv6 packet too big';
  return [`${mtu}, says router ${reporter} (${message})`];
}

/** What the result says about the path, compared with what one packet of this host's interface holds. */
function packetWords(
  { family = 4, leaving, sizes, result }: MtuSearch,
  first: SizeResult | undefined,
): string[] {
  if (result.name !== 'found') return [];
  const fits = onePacketBytes(leaving, family);
  const { hole, largestBytes } = result;
  if (!leaving && !hole && largestBytes > fits) {
    return [
      'the interface through which datagrams leave is unknown, so a hole between whole packets and fragments was ' +
        `searched up to ${fits} bytes only`,
    ];
  }
  const onePacket = leaving
    ? `one packet of ${leaving.name} (MTU ${leaving.mtu}) holds ${fits} bytes`
    : `a packet of ${fits + headerBytes(family)} bytes, the MTU of most links, holds ${fits}`;
  if (hole) {
    return [
      `but ${hole.from} to ${hole.to} bytes do not return: ${onePacket}, the path has a smaller MTU, about ` +
        `${hole.from - 1 + headerBytes(family)}, and no ICMP message about it reaches this host; ${blackHole}`,
    ];
  }
  if (largestBytes > fits) {
    const hadIcmp = sizes.some(({ outcome, words }) => outcome === 'returned' && words !== undefined);
    const note = hadIcmp
      ? '; the path has a smaller MTU, and its ICMP messages reach this host as they should'
      : '';
    return [`${onePacket}, so fragments arrive in both directions${note}`];
  }
  if (first?.outcome !== 'lost' && first?.outcome !== 'too_large') return [];
  if (largestBytes === fits) return [`${onePacket}: whole packets arrive, fragments do not`];
  return [`${onePacket}, so the path has a smaller MTU, or a filter drops packets by size; ${blackHole}`];
}

/** What happens without the ICMP messages that path MTU discovery (RFC 1191) needs. */
const blackHole =
  'without that ICMP message a host keeps sending packets that are too large, and its TCP connections hang as soon as ' +
  'they send much data';
