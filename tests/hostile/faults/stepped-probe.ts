import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mainOfService } from '../../harness/main-module.ts';
import type { Promises } from '../promises.ts';
import type { Scale } from '../scenario.ts';
import { SteppedClock } from './stepped-clock.ts';

const PROBE = mainOfService('load-probe');
const RATE = 20;
const COUNT = 100;
const TIMEOUT_MS = 5_000;
/** Between two steps of its clock: several samples. Milliseconds. */
const STEP_EVERY_MS = 250;
const OFFSETS_S = [3_600, 0, -3_600, 0] as const;
/** A busy machine makes the probe late for a sample; a schedule by the wall clock is late for all that follow a step. */
const OK_SHARE: Readonly<Record<Scale, number>> = { full: 0.95, brief: 0.2 };
const ALLOWED = ['ok', 'prober_late'];
const LONGEST_RUN_MS: Readonly<Record<Scale, number>> = { full: 15_000, brief: 60_000 };
const run = promisify(execFile);

interface CheckJson {
  readonly targets: readonly {
    readonly outcomes: Readonly<Record<string, number>>;
    readonly rttMs?: { readonly min: number; readonly max: number };
  }[];
}

export interface SteppedProbeAccount {
  readonly samples: number;
  readonly failed: number;
}

/** `load-probe check` (open loop) while its wall clock goes an hour forth and back again and again. */
export async function steppedProbe(
  targets: readonly string[],
  scale: Scale,
  promises: Promises,
): Promise<SteppedProbeAccount> {
  using clock = new SteppedClock();
  let steps = 0;
  const stepping = setInterval(() => clock.stepTo(OFFSETS_S[steps++ % OFFSETS_S.length]!), STEP_EVERY_MS);
  const pace = ['--rate', String(RATE), '--count', String(COUNT), '--timeout', `${TIMEOUT_MS}ms`];
  const command = ['--disable-warning=ExperimentalWarning', PROBE, 'check', '--json', ...pace, ...targets];
  let stdout: string;
  try {
    // A schedule that follows the wall clock stands still for an hour when it is put back.
    const options = { env: { ...process.env, ...clock.env }, timeout: LONGEST_RUN_MS[scale] };
    ({ stdout } = await run(process.execPath, command, options));
  } catch (error) {
    // Samples that failed end it with an exit code of its own, and the account all the same.
    ({ stdout } = error as { stdout: string });
  } finally {
    clearInterval(stepping);
  }
  if (stdout === '') {
    promises.expect(false, `A probe whose clock is stepped must end within ${LONGEST_RUN_MS[scale]} ms.`);
    return { samples: 0, failed: 0 };
  }
  const accounts = (JSON.parse(stdout) as CheckJson).targets;
  for (const { outcomes, rttMs } of accounts) judge(outcomes, rttMs, scale, promises);
  const count = (which: (outcome: string) => boolean): number =>
    accounts
      .flatMap(({ outcomes }) => Object.entries(outcomes))
      .reduce((sum, [outcome, samples]) => sum + (which(outcome) ? samples : 0), 0);
  return { samples: count(() => true), failed: count((outcome) => outcome !== 'ok') };
}

function judge(
  outcomes: Readonly<Record<string, number>>,
  rttMs: { readonly min: number; readonly max: number } | undefined,
  scale: Scale,
  promises: Promises,
): void {
  const seen = Object.entries(outcomes).filter(([, samples]) => samples > 0);
  promises.expect(
    seen.every(([outcome]) => ALLOWED.includes(outcome)) && (outcomes.ok ?? 0) >= COUNT * OK_SHARE[scale],
    'A probe whose clock is stepped must count ok and nothing else.',
    Object.fromEntries(seen),
  );
  promises.expect(
    rttMs !== undefined && rttMs.min > 0 && rttMs.max <= TIMEOUT_MS,
    'A probe whose clock is stepped must measure round trips of less than its timeout.',
    rttMs,
  );
}
