import { expect, it } from 'vitest';
import { parseMetrics } from '../../harness/metrics.ts';
import { Promises, type Scale } from '../scenario.ts';
import { expectCauses, outcomesBetween } from './failed-samples.ts';

/** The metrics of a probe: counts of each outcome, target and flow since the start. */
function scrape(samples: Readonly<Record<string, number>>) {
  const all = { ok: 0, lost: 0, refused: 0, unreachable: 0, prober_late: 0, ...samples };
  const series = Object.entries(all).flatMap(([outcome, count]) => [
    `l4_probe_samples_total{target="a",flow="fresh",outcome="${outcome}"} ${count}`,
    `l4_probe_samples_total{target="b",flow="fresh",outcome="${outcome}"} 7`,
    `l4_probe_other_total{target="a",outcome="never"} ${count}`,
  ]);
  return parseMetrics(series.join('\n'));
}

function broken(
  seen: Readonly<Record<string, number>>,
  causes: readonly string[],
  scale: Scale = 'full',
): readonly string[] {
  const promises = new Promises();
  expectCauses(seen, causes, 'in the cut', scale, promises);
  return promises.broken;
}

it('should give the outcomes of one target between two scrapes', () => {
  const [before, after] = [scrape({ ok: 3, lost: 1 }), scrape({ ok: 5, lost: 1, unreachable: 2 })];
  expect(outcomesBetween(before, after, 'a')).toEqual({ ok: 2, unreachable: 2 });
  expect(outcomesBetween(before, after, 'b')).toEqual({});
});

it('should accept no failed sample with another cause than those of the cut', () => {
  expect(broken({ ok: 2, lost: 4, unreachable: 1, prober_late: 1 }, ['lost', 'unreachable'])).toEqual([]);
  expect(broken({ ok: 2, lost: 4, refused: 1 }, ['lost', 'unreachable'])).toEqual([
    'Every sample that fails must be lost or unreachable in the cut. Seen: {"ok":2,"lost":4,"refused":1}.',
  ]);
});

it('should demand failed samples in a cut, and none without a cut', () => {
  expect(broken({ ok: 2, prober_late: 3 }, ['lost'])).toEqual([
    'Samples must fail in the cut. Seen: {"ok":2,"prober_late":3}.',
  ]);
  expect(broken({ ok: 2 }, [])).toEqual([]);
  expect(broken({ ok: 2, lost: 1 }, [])).toEqual(['No sample may fail in the cut. Seen: {"ok":2,"lost":1}.']);
});

it('should accept a busy machine as a cause at the brief scale only, but not as proof of the cut', () => {
  expect(broken({ ok: 2, lost: 1 }, [], 'brief')).toEqual([]);
  expect(broken({ ok: 2, lost: 1, dns: 1 }, ['dns'], 'brief')).toEqual([]);
  expect(broken({ ok: 2, lost: 1, closed: 1 }, ['dns'], 'brief')).toEqual([
    'Every sample that fails must be dns in the cut. Seen: {"ok":2,"lost":1,"closed":1}.',
  ]);
  expect(broken({ ok: 2, lost: 1 }, ['dns'], 'brief')).toEqual([
    'Samples must fail in the cut. Seen: {"ok":2,"lost":1}.',
  ]);
  expect(broken({ ok: 2, lost: 4 }, ['lost'], 'brief')).toEqual([]);
});

it('should count what failed', () => {
  expect(
    expectCauses({ ok: 9, lost: 4, unreachable: 1 }, ['lost', 'unreachable'], '', 'full', new Promises()),
  ).toBe(5);
});
