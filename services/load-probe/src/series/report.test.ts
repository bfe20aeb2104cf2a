import { describe, expect, it } from 'vitest';
import { targetOf } from '../../test/take-samples.ts';
import { seriesLines } from './report.ts';
import { Tally } from './tally.ts';

/** Six samples were lost, the direction of three is known. */
function reportOf(url: string): string {
  const tally = new Tally(targetOf(url), 7);
  const common = { at: 0, lagMs: 0, phases: {} };
  tally.sample({ ...common, sequence: 0, outcome: 'ok', detail: '', rttMs: 9, reflectorMs: 4 });
  for (let sequence = 1; sequence <= 6; sequence += 1) {
    tally.sample({ ...common, sequence, outcome: 'lost', detail: 'no answer', rttMs: undefined });
  }
  for (const direction of ['forward', 'return', 'return'] as const) tally.lossFound(direction);
  return seriesLines(tally).join('\n');
}

describe('the report of a STAMP target', () => {
  it('should have the directions of losses on a sticky flow alone, and the time of the reflector', () => {
    const sticky = reportOf('stamp+udp://192.0.2.7:7862?flow=sticky');
    expect(sticky).toContain(
      'lost on the way there 1 (0.01% to 97.51% of requests), on the way back 2 (0.58% to 99.99% of replies), 3 not known where',
    );
    expect(sticky).toContain('of it the reflector took p50 4');
    expect(reportOf('stamp+udp://192.0.2.7:7862')).not.toContain('on the way');
  });
});
