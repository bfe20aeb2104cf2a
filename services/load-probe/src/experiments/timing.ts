import { type Observation, observed } from '@echo-daytime/diagnosis';
import { dialTcp } from '../net/dial-tcp.ts';
import { hasFailed } from '../net/each-address.ts';
import { ms } from '../stats/format.ts';
import { isUdp } from '../targets/protocol.ts';
import type { Subject } from './subject.ts';
import { median, medianMs, type Taken } from './taken-samples.ts';

/** About here a round trip begins to be long: half way around the world takes less. Milliseconds. */
const LONG_MS = 150;
/** How sharply. */
const STEEPNESS = 8;
const HANDSHAKES = 5;
const TIMEOUT_MS = 1_000;

/** Compares the time of answers with that of the path alone: a handshake, or the refusal of a closed port. */
export async function runTiming(subject: Subject): Promise<readonly Observation[]> {
  const answerMs = medianMs(subject.fresh!);
  if (answerMs === undefined) return [];
  const long = 1 / (1 + (LONG_MS / answerMs) ** STEEPNESS);
  if (long < 0.01) return [observed('delay', { short: 1 }, `answers take ${ms(answerMs)}`)];
  const pathMs = toldByAnswers(subject.fresh!) ?? (await handshakeMs(subject));
  if (pathMs === undefined) {
    const evidence = { short: 1 - long, long_path: long / 2, long_service: long / 2 };
    return [observed('delay', evidence, `answers take ${ms(answerMs)}`)];
  }
  const share = Math.min(1, Math.max(0, (answerMs - pathMs) / answerMs));
  const evidence = { short: 1 - long, long_path: long * (1 - share) ** 2, long_service: long * share ** 2 };
  return [observed('delay', evidence, `answers take ${ms(answerMs)}, of that the path alone ${ms(pathMs)}`)];
}

/** Where the samples tell themselves: the handshakes over TCP, or the time of a STAMP reflector. */
function toldByAnswers({ samples }: Taken): number | undefined {
  const connects = median(samples.flatMap(({ sample }) => sample.phases.connect ?? []));
  if (connects !== undefined) return connects;
  return median(
    samples.flatMap(({ sample: { reflectorMs, rttMs, wireRttMs } }) => {
      const tripMs = wireRttMs ?? rttMs;
      return reflectorMs === undefined || tripMs === undefined ? [] : [tripMs - reflectorMs];
    }),
  );
}

/** The shortest of some handshakes or refusals of the host; undefined where it does neither. */
async function handshakeMs({ address, clock, signal, target }: Subject): Promise<number | undefined> {
  const times: number[] = [];
  for (let tries = 0; tries < HANDSHAKES; tries += 1) {
    const startMs = clock.now();
    const port = isUdp(target.protocol) ? target.port : target.port + 1;
    const opened = await dialTcp(address!, port, { clock, deadlineMs: startMs + TIMEOUT_MS, signal });
    if (!hasFailed(opened)) opened.socket.on('error', () => {}).destroy();
    else if (opened.failure.kind !== 'refused') return undefined;
    times.push(clock.now() - startMs);
  }
  return Math.min(...times);
}
