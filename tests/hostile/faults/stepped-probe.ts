import { setTimeout as delay } from 'node:timers/promises';
import { SteppedClock } from '../../harness/stepped-clock.ts';
import type { Promises, Scale } from '../scenario.ts';
import { TIMEOUT_MS, WellBehaved } from '../well-behaved.ts';

const RATE = 20;
const COUNT = 100;
/** Time between two steps of the clock, long enough for several samples. Milliseconds. */
const STEP_EVERY_MS = 250;
const OFFSETS_S = [3_600, 0, -3_600, 0] as const;
/** Minimum share on time. A busy machine makes samples late; a schedule by the wall clock is late after each step. */
const ANSWERED_SHARE: Readonly<Record<Scale, number>> = { full: 0.95, brief: 0.2 };
/** Maximum duration. A schedule by the wall clock would stop for an hour when it is set back. Milliseconds. */
const LONGEST_RUN_MS: Readonly<Record<Scale, number>> = { full: 15_000, brief: 150_000 };

export interface SteppedProbeAccount {
  readonly samples: number;
  readonly failed: number;
}

/** Runs `load-probe check` (open loop) while its wall clock steps an hour forward and back, repeatedly. */
export async function steppedProbe(
  targets: readonly string[],
  scale: Scale,
  promises: Promises,
): Promise<SteppedProbeAccount> {
  using clock = new SteppedClock();
  let steps = 0;
  const stepping = setInterval(() => clock.stepTo(OFFSETS_S[steps++ % OFFSETS_S.length]!), STEP_EVERY_MS);
  await using probe = new WellBehaved(targets, { rate: RATE, count: COUNT, env: clock.env });
  const longest = LONGEST_RUN_MS[scale];
  const ended = await Promise.race([probe.accounts(), delay(longest, undefined, { ref: false })]);
  clearInterval(stepping);
  promises.expect(ended !== undefined, `A probe whose clock is stepped must end within ${longest} ms.`);
  const accounts = ended ?? [];
  for (const { samples, late, failures, rangeMs } of accounts) {
    const answered = samples - late;
    promises.expect(
      failures.length === 0 && answered >= COUNT * ANSWERED_SHARE[scale],
      'A probe whose clock is stepped must count ok and nothing else.',
      { samples, late, failures },
    );
    const [shortest, longest] = rangeMs;
    promises.expect(
      shortest > 0 && longest <= TIMEOUT_MS,
      'A probe whose clock is stepped must measure round trips of less than its timeout.',
      rangeMs,
    );
  }
  const samples = accounts.reduce((sum, account) => sum + account.samples, 0);
  const late = accounts.reduce((sum, account) => sum + account.late, 0);
  return { samples, failed: late };
}
