import { jsonDocument, textOf } from '../../cli/report.ts';
import { failedDetail, failedDocument } from '../../net/each-address.ts';
import type { Hop } from '../../net/walk/hop.ts';
import type { Walk } from '../../net/walk/walk.ts';
import { counted, ms } from '../../stats/format.ts';
import type { TraceOptions } from './options.ts';
import type { Traced, TraceResult } from './run.ts';

/** From so many routers on that are all silent, one firewall is more likely than so many silent routers. */
const MIN_SILENT = 2;
const SILENCE = 'a firewall of this host, or one near it, may drop the probes or all ICMP messages';

/** Whether every flow that was walked leads to the target. */
export function hasHeld(result: TraceResult): boolean {
  if ('problem' in result) return false;
  const { second, walk } = result;
  return walk.end === 'target' && (second === undefined || ('hops' in second && second.end === 'target'));
}

/** The result as JSON. */
export function jsonReport({ target }: TraceOptions, result: TraceResult): string {
  const traced = 'problem' in result ? undefined : result;
  const { second } = traced ?? {};
  return jsonDocument({
    held: hasHeld(result),
    interrupted: traced?.isInterrupted ?? false,
    url: target.url,
    dscp: target.dscp ?? null,
    peer: traced?.remote ?? null,
    failedAddresses: failedDocument(traced?.failed),
    sourcePort: traced?.walk.sourcePort ?? null,
    end: traced?.walk.end ?? null,
    hops: traced?.walk.hops.map(hopDocument) ?? [],
    against:
      second && 'hops' in second
        ? { sourcePort: second.sourcePort, end: second.end, hops: second.hops.map(hopDocument) }
        : null,
    parting: partingDocument(traced),
    words: traced === undefined ? [(result as { readonly problem: string }).problem] : endLines(traced),
  });
}

function hopDocument({ address, lost, notes, rttMs, sent, ttl }: Hop): object {
  return { ttl, address, rttMs, sent, lost, notes };
}

function partingDocument(traced: Traced | undefined): object | null {
  if (traced?.parting === undefined) return null;
  const { commonTtl, one, other, ttl } = traced.parting;
  return { ttl, address: one, against: other, commonTtl };
}

/** The result as text. */
export function textReport({ target }: TraceOptions, result: TraceResult): string {
  if ('problem' in result) return textOf([result.problem]);
  const { failed, remote, second, walk } = result;
  const title = (flow: Walk): string =>
    `the hops to ${remote} (${target.url.split(':')[0]}) from source port ${flow.sourcePort}`;
  const lines = [title(walk), ...hopLines(walk)];
  if (second && 'hops' in second) lines.push(title(second), ...hopLines(second));
  if (failed.length > 0) lines.push(failedDetail(failed));
  return textOf([...lines, ...endLines(result)]);
}

/** A line for each hop, and one for each of its notes. Hops at the end that are silent share a line. */
function hopLines({ hops }: Walk): string[] {
  const known = hops.findLastIndex(({ address }) => address !== null) + 1;
  const lines = hops
    .slice(0, known)
    .flatMap((hop) => [hopLine(hop), ...hop.notes.map((note) => `      ${note}`)]);
  const [first, last] = [hops[known], hops.at(-1)];
  if (first === undefined || last === undefined) return lines;
  const which = first === last ? `${first.ttl}` : `${first.ttl} to ${last.ttl}`;
  return [...lines, `  ${which}  silent`];
}

function hopLine({ address, lost, rttMs, sent, ttl }: Hop): string {
  const number = String(ttl).padStart(3);
  if (address === null) return `${number}  *`;
  const unanswered = lost === 0 ? '' : `  ${lost} of ${sent} not answered`;
  return `${number}  ${address}  ${ms(rttMs)}${unanswered}`;
}

/** How the ways end, and where they part. */
function endLines({ isInterrupted, parting, remote, second, walk }: Traced): string[] {
  const lines = [endLine(walk, remote)];
  if (second && 'problem' in second) lines.push(second.problem);
  if (second && 'hops' in second) {
    lines.push(endLine(second, remote));
    const { sourcePort } = second;
    if (parting === undefined) {
      lines.push(
        `source ports ${walk.sourcePort} and ${sourcePort} take the same way, as far as it is known`,
      );
    } else {
      const { commonTtl, one, other, ttl } = parting;
      const after = commonTtl === 0 ? 'no hop' : `hop ${commonTtl} (${walk.hops[commonTtl - 1]?.address})`;
      lines.push(
        `source ports ${walk.sourcePort} and ${sourcePort} part at hop ${ttl}: ${walk.sourcePort} goes by ` +
          `${nameOf(one)}, ${sourcePort} by ${nameOf(other)}; the last they have in common is ${after}`,
      );
    }
  }
  if (isInterrupted) lines.push('stopped before all probes had their time');
  return lines;
}

function endLine({ end, hops, sourcePort }: Walk, remote: string): string {
  const last = hops.findLast(({ address }) => address !== null);
  const from = `source port ${sourcePort}:`;
  const isAllSilent = hops.length > MIN_SILENT && hops.slice(0, -1).every(({ address }) => address === null);
  if (end === 'target') {
    return `${from} ${remote} answers as hop ${last?.ttl}${isAllSilent ? `; no router does: ${SILENCE}` : ''}`;
  }
  if (last === undefined)
    return `${from} no hop answers, of ${counted(hops.length, 'hop')} tried: ${SILENCE}`;
  const where = `hop ${last.ttl} (${last.address})`;
  if (end === 'stopped') return `${from} ${where} sends nothing on to ${remote}`;
  return `${from} ${remote} does not answer, nor does any hop behind ${where}`;
}

function nameOf(address: string | null): string {
  return address ?? 'what is silent from here on';
}
