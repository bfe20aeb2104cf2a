import { isIP } from 'node:net';
import { unescapeC } from '@echo-daytime/c-escapes';
import { type Key, quoted, size } from '@echo-daytime/runtime';
import { durationFrom } from '../cli/ranged-keys.ts';
import { MIN_PAYLOAD_BYTES } from '../payload/payload.ts';
import { hasRoom, MIN_STAMP_BYTES, MIN_TLV_BYTES } from '../payload/stamp-packet.ts';
import { LATE_GRACE_MS } from '../sampling/sample.ts';
import { minSweepIntervalMs, portCountOf } from '../sampling/sweep/source-ports.ts';
import { controlConflict } from './control.ts';
import { isSized, isUdp } from './protocol.ts';
import type { Target } from './target.ts';

/** The largest datagram over IPv4: 65535 less an IP header of 20 and a UDP header of 8 bytes. */
const MAX_DATAGRAM_BYTES = 65_507;
const MAX_STREAM_BYTES = 16 * 1024 ** 2;
/** Samples that one target may have under way. Each may hold a socket, and a process can open only so many. */
const MAX_UNDER_WAY = 4096;

export function intervalKey(initial: string): Key<number> {
  const doc = 'Time from one sample of a target to the next';
  return durationFrom({ min: '1ms', max: '24h' }, initial, doc);
}

export function timeoutKey(initial: string): Key<number> {
  const doc = 'How long a sample may take, counted from its due time';
  return durationFrom({ min: '1ms', max: '1h' }, initial, doc);
}

export function sizeKey(initial: string): Key<number> {
  const doc = `Bytes of each message; at most ${MAX_DATAGRAM_BYTES} over UDP`;
  return size({ min: MIN_PAYLOAD_BYTES, max: MAX_STREAM_BYTES }, initial, doc);
}

export function discoverIntervalKey(initial: string): Key<number> {
  const doc = 'Time from one lookup to the next for targets with discover=dns';
  return durationFrom({ min: '100ms', max: '1h' }, initial, doc);
}

/** The conflicts between settings that are valid by themselves, one sentence each. */
export function settingProblems(target: Target): string[] {
  return settingConflicts(target).map((conflict) => `${quoted(target.url)}: ${conflict}`);
}

/** The problems of all series that are probed together, as `settingProblems`. */
export function conflictsAmong(targets: readonly Target[]): string[] {
  return targets.flatMap((target) => [
    ...settingProblems(target),
    ...controlConflict(target, targets).map((conflict) => `${quoted(target.url)}: ${conflict}`),
  ]);
}

/** As `settingProblems`, without the target in front. */
export function settingConflicts(target: Target): string[] {
  const { id, name, host, protocol, flow, intervalMs, timeoutMs, sizeBytes, dialog, discover, who } = target;
  const { control, expect, slo } = target;
  const conflicts: string[] = [];
  if (dialog && flow === 'sticky' && dialog.delimiter === '') {
    conflicts.push('a sticky dialog needs a delimiter: nothing else tells where one answer ends');
  }
  // The rest is the same for both flows of a target, so it is reported for the fresh flow only.
  if (id !== name) return conflicts;
  if (who && flow === 'sticky' && protocol === 'session-tcp') {
    conflicts.push('who=on asks each fresh connection who answers; use flow=fresh or flow=both');
  }
  if (control !== undefined && expect === undefined) {
    conflicts.push('control= is for a target that must be blocked: give it expect=blocked too');
  }
  if (expect && flow === 'sweep') {
    conflicts.push(
      'flow=sweep tells which source ports lose more than others, and a target that must be blocked has no losses; use flow=fresh',
    );
  }
  if (expect && slo) conflicts.push('a target that must be blocked keeps no slo: leave it away');
  if (discover && isIP(host) !== 0) {
    conflicts.push(
      `discover=dns needs a host name to look up; ${quoted(host)} is an address already, so leave it away`,
    );
  }
  if (dialog && dialog.delimiter !== '' && unescapeC(dialog.expect).includes(unescapeC(dialog.delimiter))) {
    conflicts.push('the expected answer must not hold the delimiter, which ends it');
  }
  if (isUdp(protocol) && isSized(protocol) && sizeBytes > MAX_DATAGRAM_BYTES) {
    conflicts.push(
      `a size of ${sizeBytes} bytes is more than a datagram holds; at most ${MAX_DATAGRAM_BYTES} over UDP`,
    );
  }
  if (protocol === 'stamp-udp' && !hasRoom(sizeBytes - MIN_STAMP_BYTES)) {
    conflicts.push(
      `a size of ${sizeBytes} bytes is no STAMP packet; ` +
        `it has ${MIN_STAMP_BYTES} bytes, or at least ${MIN_STAMP_BYTES + MIN_TLV_BYTES} with padding`,
    );
  }
  const graceMs = isUdp(protocol) || flow === 'sticky' ? LATE_GRACE_MS : 0;
  const underWay = Math.ceil((timeoutMs + graceMs) / intervalMs);
  if (underWay > MAX_UNDER_WAY) {
    conflicts.push(
      `a timeout of ${timeoutMs} ms at an interval of ${intervalMs} ms can have ${underWay} samples ` +
        `under way at once, at most ${MAX_UNDER_WAY} may be; use a shorter timeout or a longer interval`,
    );
  }
  const sweepMs = minSweepIntervalMs(protocol, timeoutMs);
  if (flow === 'sweep' && intervalMs < sweepMs) {
    conflicts.push(
      `flow=sweep comes back to a source port after ${portCountOf(protocol)} samples, which at an interval of ` +
        `${intervalMs} ms and a timeout of ${timeoutMs} ms may be before it is free; use an interval of at least ` +
        `${sweepMs} ms, or a shorter timeout`,
    );
  }
  return conflicts;
}
