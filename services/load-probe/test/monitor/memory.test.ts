import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SERIES = 30;
/** 5,000 of them beside all else in 512 MiB. */
const MAX_BYTES = 60_000;
const program = fileURLToPath(new URL('../fixtures/fill-history.ts', import.meta.url));

it(`should keep six hours of ${SERIES} series at 1 s in ${MAX_BYTES} bytes each`, () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', program, `${SERIES}`],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { grownBytes, samples } = JSON.parse(stdout);
  // The history is complete, from the first sample.
  expect(samples).toBe(SERIES * 21_600);
  expect(grownBytes / SERIES).toBeGreaterThan(MAX_BYTES / 4);
  expect(grownBytes / SERIES).toBeLessThan(MAX_BYTES);
});
