import { lossLikelihoods, type Observation, observed } from '@echo-daytime/diagnosis';
import { LATE_GRACE_MS } from '../sampling/sample.ts';
import { counted, ms } from '../stats/format.ts';
import { isUdp } from '../targets/protocol.ts';
import { replyEvidence } from './reply-evidence.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';
import { isAnswered, isLost, type Taken, type TakenSample } from './taken-samples.ts';

const COUNT = 100;
const RATE = 50;
const TIMEOUT_MS = 1_000;
/** A few samples have the time in which a router gives a host up, and a slow service answers. */
const LONG_COUNT = 3;
const LONG_RATE = 5;
const LONG_TIMEOUT_MS = 3_800;
/** Where `echo` has its STAMP reflector. */
const STAMP_PORT = 7862;
/** Shares of samples that the probe delayed. */
const [SOME_LATE, MANY_LATE] = [0.1, 0.6];

/** Samples over new flows, and whether the host has a STAMP reflector. */
export async function runFresh(subject: Subject): Promise<readonly Observation[]> {
  const isTcp = !isUdp(subject.target.protocol);
  // Over UDP a sample waits for another second, to tell a late answer from none.
  const longMs = isTcp ? LONG_TIMEOUT_MS : LONG_TIMEOUT_MS - LATE_GRACE_MS;
  const [short, long, reflector] = await takeSamples(subject, [
    { count: COUNT, rate: Math.min(RATE, subject.maxRate), timeoutMs: TIMEOUT_MS },
    { count: LONG_COUNT, rate: LONG_RATE, timeoutMs: longMs },
    ...(subject.target.protocol === 'stamp-udp' ? [] : [reflectorPlan]),
  ]);
  noteReflector(subject, reflector);
  const taken = short!.samples.some((one) => isAnswered(one) || isSaid(one)) ? short! : long!;
  subject.fresh = taken;
  const { samples } = taken;
  const late = `${counted(short!.late, 'sample')} of ${COUNT} delayed by the probe itself`;
  const prober = observed('prober', proberEvidence(short!.late / COUNT), late);
  if (samples.length === 0) return [prober];
  if (samples.some(isAnswered)) subject.offers.add('replies');
  const evidence = replyEvidence(samples, isTcp);
  if ((evidence.refused ?? 0) > 0) subject.offers.add('refusal');
  return [prober, observed('reply', evidence, replyWords(samples)), ...contentOf(taken)];
}

const reflectorPlan = {
  count: 8,
  rate: 8,
  timeoutMs: TIMEOUT_MS,
  change: { protocol: 'stamp-udp', port: STAMP_PORT },
} as const;

function noteReflector(subject: Subject, reflector: Taken | undefined): void {
  const { offers, target } = subject;
  if (reflector && !reflector.samples.some(({ sample }) => sample.outcome === 'ok')) return;
  subject.reflectorPort = reflector ? STAMP_PORT : target.port;
  offers.add('reflector');
}

/** Whether something said why the sample failed. */
function isSaid({ sample: { outcome }, failure }: TakenSample): boolean {
  return ['refused', 'unreachable', 'closed', 'reset'].includes(outcome) || failure?.kind === 'backlog_full';
}

function proberEvidence(share: number): Observation<'prober'>['evidence'] {
  if (share >= MANY_LATE) return { late: 1 };
  return share >= SOME_LATE ? { on_time: 0.5, late: 0.5 } : { on_time: 1 };
}

/** Whether answers are right, and come once. */
function contentOf({ duplicates, samples }: Taken): Observation[] {
  const answered = samples.filter(isAnswered);
  const of = answered.length;
  const changed = answered.filter(({ sample }) => sample.outcome !== 'ok' && sample.outcome !== 'late');
  // A service that always answers something else is another service.
  const isOther = changed.length === of && changed.every(({ sample }) => sample.outcome !== 'corrupt');
  const wrong = lossLikelihoods({ lost: changed.length, of });
  const again = lossLikelihoods({ lost: Math.min(duplicates, of), of });
  return [
    ...(of > 0 && !isOther
      ? [
          observed(
            'content',
            { right: wrong.nothing, changed: wrong.part + wrong.all },
            `${changed.length} of ${counted(of, 'answer')} changed${exampleOf(changed)}`,
          ),
        ]
      : []),
    ...(of > 0
      ? [
          observed(
            'copies',
            { single: again.nothing, repeated: again.part + again.all },
            `${counted(duplicates, 'answer')} of ${of} received again`,
          ),
        ]
      : []),
  ];
}

function exampleOf([first]: readonly TakenSample[]): string {
  return first ? `: ${first.sample.detail}` : '';
}

function replyWords(samples: readonly TakenSample[]): string {
  const lost = samples.filter(isLost);
  const failed = samples.find((taken) => !isAnswered(taken));
  const example = failed ?? lost[0];
  const times = samples.flatMap(({ sample }) => sample.rttMs ?? []);
  const fastest = times.length > 0 ? `, fastest in ${ms(Math.min(...times))}` : '';
  const words = `${samples.filter(isAnswered).length} of ${samples.length} answered${fastest}`;
  return example ? `${words}; ${example.sample.detail}` : words;
}
