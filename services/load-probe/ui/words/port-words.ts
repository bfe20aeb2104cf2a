import type { SweepReport, TargetStatus } from '../../src/monitor/status/types.ts';
import { counted } from '../../src/stats/format.ts';
import { sentenceCase } from './words.ts';

/** `port 50123: 3 of 5 samples lost`. */
export function portInWords({ lost, port, sent }: SweepReport['ports'][number]): string {
  return `port ${port}: ${lost} of ${counted(sent, 'sample')} lost`;
}

/** The whole strip for screen readers: `64 source ports, 18 with lost samples, 16 bad`. */
export function portsInWords({ bad, ports }: SweepReport): string {
  const losing = ports.filter(({ lost }) => lost > 0).length;
  return `${counted(ports.length, 'source port')}, ${losing} with lost samples, ${bad.length} bad`;
}

/** `Bad: 50003, 50011`. */
export function badPortsInWords({ bad }: SweepReport): string {
  return `Bad: ${bad.join(', ')}`;
}

/** `16 of 64 source ports bad`. */
export function badPortsCount(series: readonly TargetStatus[]): string {
  const sweeps = series.flatMap(({ sweep }) => sweep ?? []);
  const sum = (of: (sweep: SweepReport) => number) => sweeps.reduce((total, sweep) => total + of(sweep), 0);
  return `${sum(({ bad }) => bad.length)} of ${counted(
    sum(({ ports }) => ports.length),
    'source port',
  )} bad`;
}

/** What a sweep with bad ports says of its target. */
export function badPathFinding({ sentence }: SweepReport) {
  return {
    headline: sentenceCase(sentence),
    hint: 'Look for a bad link or device among parallel ones: ECMP, a bundle of links, a load balancer.',
    explanation:
      'The path is chosen by addresses and ports, so one client gets through and the next one does not. Look at the ' +
      'counters of each link of the bundles and of each next hop between here and the target; load-probe paths says at ' +
      'which hop a bad and a good source port part.',
  };
}
