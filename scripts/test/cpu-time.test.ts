import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { notLinux, skipFor } from '../../tests/harness/skip-for.ts';
import { cpuSeconds } from './cpu-time.ts';

it('should count this process and its awaited children', skipFor(notLinux), () => {
  const own = process.cpuUsage();
  const before = cpuSeconds()!;
  const child = 'while (process.cpuUsage().user < 300_000);';
  spawnSync(process.execPath, ['--eval', child]);
  const { user, system } = process.cpuUsage(own);
  const counted = cpuSeconds()! - before - (user + system) / 1_000_000;
  expect(counted).toBeGreaterThan(0.25);
});
