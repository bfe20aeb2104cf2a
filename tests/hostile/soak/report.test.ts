import { expect, it } from 'vitest';
import { read } from '../../repo/tracked-files.ts';
import { withResults } from '../table.ts';
import type { Member, Sample } from './fleet.ts';
import { BEGIN, END, reportOf } from './report.ts';
import type { SoakResult } from './run-soak.ts';

const MIB = 1024 ** 2;
const sampleAt = (seconds: number): Sample => ({
  seconds,
  rssBytes: (100 + seconds / 360) * MIB,
  heapBytes: 20 * MIB,
  descriptors: 40,
  handles: 5,
  cpuSeconds: seconds * 0.03,
  connections: 8,
});
const member = {
  name: 'echo',
  samples: Array.from({ length: 361 }, (_, index) => sampleAt(index * 5)),
  atRest: [sampleAt(0), { ...sampleAt(0), descriptors: 41 }],
} as unknown as Member;
const result: SoakResult = {
  minutes: 30,
  members: [member],
  exchanges: 12_345,
  probeSamples: 600,
  connections: 70,
  datagrams: 8,
  bytes: 5 * MIB,
  integrityFailures: 0,
  broken: [],
  undecided: [],
};
const date = new Date('2026-11-20T12:00:00Z');

it('should show the resources of a process and their trends', () => {
  expect(reportOf(result, date).split('\n')).toContain(
    '| echo | 101.0 → 104.8 | +10.0 (+10.0 to +10.0) | 20.0 → 20.0 | +0.0 (+0.0 to +0.0) | 40 → 41 | +0.0 (+0.0 to +0.0) | 5 → 5 | +0.0 (+0.0 to +0.0) | 3.0 % |',
  );
});

it('should say that every promise held, or name the broken ones', () => {
  expect(reportOf(result, date)).toContain('\n- Every counter was that of the clients, everything held.');
  const broken = reportOf({ ...result, broken: ['echo: 1 descriptor too many'] }, date);
  expect(broken).toContain('\n- Broken promises: 1.\n  - echo: 1 descriptor too many');
  expect(broken).not.toContain('everything held');
  const undecided = reportOf({ ...result, undecided: ['echo: RSS may rise'] }, date);
  expect(undecided).toContain('everything held.\n- Too short a run to tell:\n  - echo: RSS may rise');
});

it('should have its place on the page', () => {
  expect(withResults(read('docs/reliability.md'), BEGIN, END, 'one')).toContain(`${BEGIN}\n\none\n\n${END}`);
});
