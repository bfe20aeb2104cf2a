import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MIB = 1024 ** 2;
const program = fileURLToPath(new URL('../fixtures/fill-history.ts', import.meta.url));

it.each([
  { flows: 1, limitMb: 100 },
  // Twice as many series.
  { flows: 2, limitMb: 100 },
])(
  'should keep six hours at 1 s of 50 targets with $flows flows each in $limitMb MB',
  ({ flows, limitMb }) => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', '--disable-warning=ExperimentalWarning', program, `${50 * flows}`],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { grownBytes, oldestAgeMs, samples } = JSON.parse(stdout);
    // The history is complete, from the first sample.
    expect(oldestAgeMs).toBe(6 * 3_600_000 - 1_000);
    expect(samples).toBe(50 * flows * 21_600);
    expect(grownBytes).toBeGreaterThan(MIB);
    expect(grownBytes).toBeLessThan(limitMb * 1_000_000);
  },
);
