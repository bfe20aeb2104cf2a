import { describe, expect, it } from 'vitest';
import type { Results } from './goals.ts';
import type { WorkloadResult } from './rounds.ts';
import { summarize } from './statistics.ts';
import { describeGenerator, describeWorkload, missedGoals } from './table.ts';
import type { Workload } from './workloads.ts';

const contender = (name: 'ours' | 'go' | 'c') => ({ name, server: name });
const workload: Workload = {
  id: 'tcp-echo-2x3',
  title: 'TCP echo',
  service: 'tcp-echo',
  generator: ['ping-pong'],
  connections: 2,
  contenders: [contender('ours'), contender('go'), contender('c')],
  figures: ['throughput', 'p50', 'memory'],
  goals: [{ figure: 'throughput', atLeast: 1.2, of: 'go' }],
};

function resultOf(results: Results, more: Partial<WorkloadResult> = {}): WorkloadResult {
  return { workload, results, missing: new Map(), busy: 0.99, failures: new Map(), ...more };
}

const measured = resultOf(
  new Map([
    ['ours', { throughput: summarize([1_000, 2_000, 3_000]), p50: summarize([150]) }],
    ['c', { throughput: summarize([40_000]), p50: summarize([75]) }],
  ]),
  { missing: new Map([['go', 'skipped: install Go 1.22 or newer']]) },
);

describe('the table of a workload', () => {
  it('should show medians, ratios to ours, and the spread of figures with a goal, aligned', () => {
    expect(describeWorkload(measured)).toBe(
      [
        '### TCP echo',
        '',
        '| server |   requests/s ↑ |  least – most |           p50 ↓ |',
        '| ------ | -------------: | ------------: | --------------: |',
        '| ours   |   2000 (1.00×) |   1000 – 3000 |  150 µs (1.00×) |',
        '| c      | 40.0k (20.00×) | 40.0k – 40.0k | 75.0 µs (0.50×) |',
        '',
        '- goal: requests/s ≥ 1.2 × go – not judged: nothing was measured of go',
        '- go skipped: install Go 1.22 or newer',
      ].join('\n'),
    );
  });

  it('should say what failed, and that another process used the machine', () => {
    const text = describeWorkload({
      ...measured,
      busy: 0.5,
      failures: new Map([['c', '3 exchanges of c failed']]),
    });
    expect(text).toContain('\n- 3 exchanges of c failed');
    expect(text).toMatch(/\n- DISTURBED: .* 50 % of its core/);
    expect(describeWorkload(measured)).not.toContain('DISTURBED');
  });
});

it('should count the goals that were missed, and no others', () => {
  const slow = resultOf(
    new Map([
      ['ours', { throughput: summarize([100]) }],
      ['go', { throughput: summarize([100]) }],
    ]),
  );
  expect(missedGoals([slow, measured])).toBe(1);
});

describe('the sentence about the generator', () => {
  it('should say that it limits nothing where C was the fastest', () => {
    expect(describeGenerator([measured])).toContain('in 1 workload: it limits none');
  });

  it('should name the servers that were faster than C', () => {
    const odd = resultOf(
      new Map([
        ['ours', { throughput: summarize([3]) }],
        ['go', { throughput: summarize([1]) }],
        ['c', { throughput: summarize([2]) }],
      ]),
    );
    expect(describeGenerator([measured, odd])).toContain(
      'in 2 workloads, except for tcp-echo-2x3: ours: there',
    );
  });

  it('should leave out disturbed workloads', () => {
    expect(describeGenerator([{ ...measured, busy: 0.5 }])).toMatch(
      /no workload had .* undisturbed\. Nothing is said of 1 workload, disturbed by others\.$/,
    );
  });

  it('should say so where C or all others were not measured', () => {
    expect(describeGenerator([resultOf(new Map())])).toContain('no workload had the C reference');
  });
});
