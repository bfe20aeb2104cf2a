import { contrastLikelihoods, type Losses, type Observation, observed } from '@echo-daytime/diagnosis';
import { interfaceMtu, onePacketBytes } from '../commands/mtu/interface-mtu.ts';
import { hasFailed } from '../net/each-address.ts';
import { counted } from '../stats/format.ts';
import { isUdp } from '../targets/protocol.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, lossWords, type Taken } from './taken-samples.ts';

const COUNT = 16;
const RATE = 16;
const TIMEOUT_MS = 1_200;
/** Over TCP: enough for many whole segments in a row. Bytes. */
const STREAM_BYTES = 32_768;

/** Hardly any large packet gets through a hole, and small ones do. */
const HOLE = { worseFrom: 0.9, betterUpTo: 0.8 };

/** Packets as large as leave this host beside small ones; none may be divided, as is usual for UDP and TCP. */
export async function runSizes(subject: Subject): Promise<readonly Observation[]> {
  const sizeBytes = isUdp(subject.target.protocol) ? await wholePacketBytes(subject) : STREAM_BYTES;
  const plan = { count: COUNT, rate: Math.min(RATE, subject.maxRate / 2), timeoutMs: TIMEOUT_MS };
  const [large, small] = await takeSamples(subject, [{ ...plan, change: { sizeBytes } }, plan]);
  if (large!.samples.length === 0 || small!.samples.length === 0) return [];
  const [ofLarge, ofSmall] = [unansweredOf(large!), unansweredOf(small!)];
  const words = `lost of ${counted(sizeBytes, 'byte')} ${lossWords(ofLarge)}, of small ones ${lossWords(ofSmall)}`;
  const reported = large!.samples.find(({ failure }) => failure?.kind === 'too_large');
  if (reported) return [observed('sizes', { reported: 1 }, `${words}; ${reported.sample.detail}`)];
  const { alike, firstWorse } = contrastLikelihoods(ofLarge, ofSmall, HOLE);
  return [observed('sizes', { all_return: alike, large_lost: firstWorse }, words)];
}

/** Over TCP a lost segment is sent again, and long messages have more of them; through a hole none gets. */
function unansweredOf({ samples }: Taken): Losses {
  return { lost: samples.filter((taken) => !isAnswered(taken)).length, of: samples.length };
}

async function wholePacketBytes({ address, target, udp }: Subject): Promise<number> {
  const opened = await udp.open(address!, target.port);
  if (hasFailed(opened)) return onePacketBytes(undefined, address!.family);
  const leaving = interfaceMtu(opened.socket.local.address, address!.address);
  opened.socket.close();
  // Loopback holds more than a datagram.
  return Math.min(onePacketBytes(leaving, address!.family), STREAM_BYTES);
}
