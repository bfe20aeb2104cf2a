import { compareMarks, type MarkReport } from '../net/mark-changes.ts';
import type { DatagramFacts } from '../net/udp-socket.ts';
import { hasRoomForMark, readStamp } from '../payload/stamp-packet.ts';
import type { WhoReport } from '../payload/who-line.ts';
import type { Target } from '../targets/target.ts';

/** What a right reply of a STAMP reflector tells beside its arrival. */
export function toldByReflector(
  reply: Buffer,
  { dscp, sizeBytes }: Target,
  facts: DatagramFacts | undefined,
): { readonly reflectorMs: number; readonly told: { readonly mark?: MarkReport; readonly who: WhoReport } } {
  const { classOfService, reflectorMs, who } = readStamp(reply);
  if (dscp === undefined) return { reflectorMs, told: { who } };
  const mark: MarkReport = classOfService
    ? compareMarks(dscp, classOfService, facts?.trafficClass ?? Number.NaN)
    : { unknown: hasRoomForMark(sizeBytes) ? NOT_TOLD : `a packet of ${sizeBytes} bytes ${NO_ROOM}` };
  return { reflectorMs, told: { mark, who } };
}

const NOT_TOLD = 'the reflector does not tell it (class of service, RFC 8972, 4.4)';
const NO_ROOM = 'has no room to ask for it; use a size of 52 bytes, or 56 and more';
