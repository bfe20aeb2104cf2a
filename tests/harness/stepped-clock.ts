import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Debian package `faketime`. */
const [LIBRARY = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const READ_CLOCKS = 'process.stdout.write(process.hrtime.bigint() + " " + Date.now())';
const TOLERANCE_MS = 10_000;
const run = promisify(execFile);

/** Why this machine can't step a clock, or undefined. */
export function clockProblem(): string | undefined {
  return existsSync(LIBRARY) ? undefined : 'libfaketime is not installed (Debian: faketime)';
}

/** The wall clock of programs that are started with this environment. Their monotonic clock is the machine's. */
export class SteppedClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'torture-clock-'));
  readonly #offset = join(this.#folder, 'offset');
  readonly env: Readonly<Record<string, string>> = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: this.#offset,
    FAKETIME_NO_CACHE: '1',
    // Otherwise libfaketime also replaces the monotonic clock. Older versions know only the second name.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };

  constructor() {
    this.stepTo(0);
  }

  /** @param seconds offset of the wall clock from now on */
  stepTo(seconds: number): void {
    // Written under another name and renamed: programs read the file at any time, and half of it is a wrong offset.
    writeFileSync(`${this.#offset}.next`, `${seconds >= 0 ? '+' : ''}${seconds}\n`);
    renameSync(`${this.#offset}.next`, this.#offset);
  }

  /** @throws Error unless a program sees its wall clock stepped and the monotonic clock of the machine */
  async verify(seconds: number): Promise<void> {
    this.stepTo(seconds);
    const before = process.hrtime.bigint();
    const { stdout } = await run(process.execPath, ['--eval', READ_CLOCKS], {
      env: { ...process.env, ...this.env },
    });
    const after = process.hrtime.bigint();
    this.stepTo(0);
    const [monotonic = '', wall = ''] = stdout.split(' ');
    if (BigInt(monotonic) < before || BigInt(monotonic) > after)
      throw new Error(`libfaketime moves the monotonic clock: ${monotonic} ns, not ${before} to ${after}`);
    const offMs = Number(wall) - Date.now();
    if (Math.abs(offMs - seconds * 1_000) > TOLERANCE_MS)
      throw new Error(`libfaketime does not step the wall clock by ${seconds} s but by ${offMs} ms`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
