import { contrastLikelihoods, lossLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { ms } from '../stats/format.ts';
import { isSized, isUdp } from '../targets/protocol.ts';
import { SMALL_BYTES, takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { lossesOf, lossWords, medianMs } from './taken-samples.ts';

/** Samples a second at rest, and how many. */
const REST = { rate: 8, count: 16 };
/** Seconds at the highest rate. */
const LOAD_SECONDS = 1.2;
const TIMEOUT_MS = 1_000;
/** Long packets load a link more, and pass nearly everywhere. Bytes. */
const LONG_BYTES = 1_150;
/** The round trip grows where load adds so much to it, and doubles it. Milliseconds. */
const GROWTH_MS = 15;

/** A connection for each sample, since a retransmit would count for many on a shared one. Samples a second. */
const MAX_CONNECTIONS = 150;
/** Of the samples so many must have measured the target, or the load was another one. */
const MEASURED = 0.5;

/** Samples at a low rate, then at the highest that is allowed; over UDP of one flow. */
export async function runRate(subject: Subject): Promise<readonly Observation[]> {
  const { protocol } = subject.target;
  const isSticky = isUdp(protocol);
  const maxRate = isSticky ? subject.maxRate : Math.min(subject.maxRate, MAX_CONNECTIONS);
  const sizeBytes = isSized(protocol) ? LONG_BYTES : SMALL_BYTES;
  const change = { flow: isSticky ? 'sticky' : 'fresh', sizeBytes } as const;
  const [rest] = await takeSamples(subject, [{ ...REST, timeoutMs: TIMEOUT_MS, change }]);
  const count = Math.ceil(maxRate * LOAD_SECONDS);
  const [load] = await takeSamples(subject, [{ rate: maxRate, count, timeoutMs: TIMEOUT_MS, change }]);
  const isMeasured =
    rest!.samples.length >= REST.count * MEASURED && load!.samples.length >= count * MEASURED;
  if (!isMeasured) return [];
  const [ofRest, ofLoad] = [lossesOf(rest!), lossesOf(load!)];
  const { alike, firstWorse } = contrastLikelihoods(ofLoad, ofRest);
  const words = `lost at ${REST.rate} a second ${lossWords(ofRest)}, at ${maxRate} a second ${lossWords(ofLoad)}`;
  const observations: Observation[] = [observed('rate', { alike, lost_above: firstWorse }, words)];
  const [restMs, loadMs] = [medianMs(rest!), medianMs(load!)];
  if (restMs !== undefined && loadMs !== undefined) {
    const growth = Math.min((loadMs - restMs) / GROWTH_MS, loadMs / restMs / 2);
    const grows = growth <= 0 ? 0 : growth ** 4 / (1 + growth ** 4);
    const trips = `the median round trip is ${ms(restMs)} at ${REST.rate} a second, ${ms(loadMs)} at ${maxRate}`;
    observations.push(observed('load_delay', { flat: 1 - grows, grows }, trips));
  }
  if (isSticky) {
    const { all, nothing, part } = lossLikelihoods({ lost: load!.reordered, of: load!.samples.length });
    const overtaken = `${load!.reordered} of ${load!.samples.length} answers overtaken by later ones`;
    observations.push(observed('order', { kept: nothing, changed: part + all }, overtaken));
  }
  return observations;
}
