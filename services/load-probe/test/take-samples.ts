import { openTcpInfo } from '@echo-daytime/linux';
import type { ClockReading, FlowDeath } from '../src/monitor/status/types.ts';
import { DgramUdp } from '../src/net/dgram-udp.ts';
import type { FailedAddress } from '../src/net/each-address.ts';
import type { MarkReport } from '../src/net/mark-changes.ts';
import type { SynReport } from '../src/net/syn-changes.ts';
import type { UdpEngine } from '../src/net/udp-socket.ts';
import type { WhoReport } from '../src/payload/who-line.ts';
import { systemClock } from '../src/sampling/clock.ts';
import { startProbing } from '../src/sampling/probing.ts';
import type { Sample } from '../src/sampling/sampler.ts';
import type { LossDirection } from '../src/sampling/sticky/loss-direction.ts';
import type { SweepReport } from '../src/sampling/sweep/sweep-tally.ts';
import type { Target } from '../src/targets/target.ts';
import { targetsOf } from '../src/targets/target.ts';
import { readTargets } from '../src/targets/url.ts';

/** The engine for samples over UDP; `describeUdpEngines` sets it. */
export const testUdp: { engine: UdpEngine } = { engine: new DgramUdp('UDP_ENGINE=dgram') };

const opened = openTcpInfo();
/** Undefined where the tests run without the flags of the image. */
export const testTcpInfo = 'reason' in opened ? undefined : opened;

export interface TakenSample extends Sample {
  /** When the outcome was known, milliseconds since the Unix epoch. */
  readonly knownAt: number;
}

export interface TimelySample extends TakenSample {
  /** Its reading of the target's clock. */
  readonly clock: ClockReading | undefined;
}

export interface Taken {
  readonly samples: readonly TakenSample[];
  readonly duplicates: number;
  readonly reordered: number;
  /** Sticky flows of STAMP: directions of lost samples, where they are known. */
  readonly losses: readonly LossDirection[];
  /** Addresses that failed while another one worked, one entry per failure. */
  readonly addressesFailed: readonly string[];
  /** How sticky flows ended. */
  readonly deaths: readonly FlowDeath[];
  /** The best reading of the target's clock, after each sample that had one. */
  readonly clocks: readonly ClockReading[];
  /** Sweeps: the last one. */
  readonly sweep: SweepReport | undefined;
  /** Targets with `syn`: one for each connection. */
  readonly syns: readonly SynReport[];
  /** Targets that may tell: one for each answer. */
  readonly responders: readonly WhoReport[];
  /** STAMP targets with `dscp`: one for each reply. */
  readonly marks: readonly MarkReport[];
}

export function targetOf(url: string): Target {
  const { targets, problems } = readTargets([url]);
  const [target] = targetsOf({ targets, interval: 20, timeout: 2_000, size: 64 });
  if (!target) throw new Error(problems.join('\n'));
  return target;
}

/** Takes samples as the service does, in this thread. Samples for which the prober was late are included. */
export function takeSamplesOnce(url: string, count: number): Promise<Taken> {
  return take(url, count, () => false);
}

/** Whether the probe was not stalled during the sample. */
function isTimely({ outcome, rttMs, wireRttMs }: Sample): boolean {
  return outcome !== 'prober_late' && (wireRttMs === undefined || rttMs !== undefined);
}

/**
 * Takes samples on the real clock until `count` of them were on time: on a busy machine the prober is late for some.
 */
export async function takeTimelySamples(url: string, count: number): Promise<Taken> {
  const taken = await take(
    url,
    Number.POSITIVE_INFINITY,
    (samples) => samples.filter(isTimely).length >= count,
  );
  return { ...taken, samples: taken.samples.filter(isTimely).slice(0, count) };
}

/** The first sample that was on time, taken alone. */
export async function takeTimelySample(url: string): Promise<TimelySample> {
  for (;;) {
    const { samples, clocks } = await takeSamplesOnce(url, 1);
    if (isTimely(samples[0]!)) return { ...samples[0]!, clock: clocks[0] };
  }
}

async function take(
  url: string,
  count: number,
  isEnough: (samples: readonly Sample[]) => boolean,
): Promise<Taken> {
  const samples: TakenSample[] = [];
  let duplicates = 0;
  let reordered = 0;
  const losses: LossDirection[] = [];
  const addressesFailed: string[] = [];
  const deaths: FlowDeath[] = [];
  const clocks: ClockReading[] = [];
  let sweep: SweepReport | undefined;
  const syns: SynReport[] = [];
  const responders: WhoReport[] = [];
  const marks: MarkReport[] = [];
  const observer = {
    sample(sample: Sample) {
      samples.push({ ...sample, knownAt: systemClock.epoch() });
      if (isEnough(samples)) probing.stop();
    },
    duplicates(extra: number) {
      duplicates += extra;
    },
    reordered() {
      reordered += 1;
    },
    lossFound: (direction: LossDirection) => void losses.push(direction),
    addressFailed: ({ address }: FailedAddress) => void addressesFailed.push(address.address),
    flowDied: (death: FlowDeath) => void deaths.push(death),
    clockRead: (reading: ClockReading) => void clocks.push(reading),
    swept(report: SweepReport) {
      sweep = report;
    },
    synReported: (report: SynReport) => void syns.push(report),
    responderReported: (report: WhoReport) => void responders.push(report),
    markReported: (report: MarkReport) => void marks.push(report),
  };
  const assignment = { target: targetOf(url), index: 0, of: 1, observer };
  const probing = startProbing([assignment], {
    ...{ clock: systemClock, count, udp: testUdp.engine, tcpInfo: testTcpInfo },
  });
  await probing.finished;
  const events = {
    duplicates,
    reordered,
    losses,
    addressesFailed,
    deaths,
    clocks,
    sweep,
    syns,
    responders,
    marks,
  };
  return { samples, ...events };
}
