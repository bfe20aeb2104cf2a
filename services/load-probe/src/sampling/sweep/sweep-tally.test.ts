import { describe, expect, it } from 'vitest';
import { SweepTally } from './sweep-tally.ts';

const ports = Array.from({ length: 64 }, (_, index) => 50_000 + index);
const every = (n: number) => ports.filter((port) => port % n === 0);

/** The verdict after rounds of one sample from each port. */
function judgedAfter(tally: SweepTally, rounds: number, isLost: (port: number, round: number) => boolean) {
  let report = tally.judge();
  for (let round = 0; round < rounds; round += 1) {
    for (const port of ports) tally.add(port, isLost(port, round));
    report = tally.judge();
  }
  return report;
}

describe('SweepTally', () => {
  it.each([2, 4, 8, 64])('should find that 1 of %s paths has died after hours without loss', (paths) => {
    const tally = new SweepTally();
    judgedAfter(tally, 64, () => false);
    const report = judgedAfter(tally, 7, (port) => every(paths).includes(port));
    expect(report).toMatchObject({ verdict: 'dead', bad: every(paths) });
    expect(report.sentence).toMatch(new RegExp(`^about 1 of ${paths} paths is dead`));
  });

  it('should find that the path is mended within two rounds', () => {
    const tally = new SweepTally();
    judgedAfter(tally, 64, (port) => every(4).includes(port));
    expect(judgedAfter(tally, 2, () => false)).toMatchObject({ verdict: 'clean', bad: [] });
  });

  it('should find so after a short outage of the path too', () => {
    const tally = new SweepTally();
    judgedAfter(tally, 64, () => false);
    expect(judgedAfter(tally, 6, (port) => every(4).includes(port)).verdict).toBe('dead');
    expect(judgedAfter(tally, 2, () => false)).toMatchObject({ verdict: 'clean', bad: [] });
  });

  it('should name a path that loses one sample in four, and not think it mended', () => {
    const tally = new SweepTally();
    const isLost = (port: number, round: number) => every(4).includes(port) && (port / 4 + round) % 4 === 0;
    judgedAfter(tally, 64, isLost);
    for (let rounds = 0; rounds < 64; rounds += 1) {
      const report = judgedAfter(tally, 1, (port) => isLost(port, rounds));
      expect(report).toMatchObject({ verdict: 'lossy', bad: every(4) });
    }
    expect(judgedAfter(tally, 8, () => false).verdict).toBe('clean');
  });

  it('should keep at most 64 samples of a port', () => {
    const report = judgedAfter(new SweepTally(), 70, (_port, round) => round < 6);
    expect(report).toMatchObject({
      verdict: 'clean',
      ports: ports.map((port) => ({ port, sent: 64, lost: 0 })),
    });
  });

  it('should name no port where all lose, or none is known', () => {
    expect(new SweepTally().judge()).toMatchObject({ verdict: 'clean', bad: [], ports: [] });
    const tally = new SweepTally();
    expect(judgedAfter(tally, 20, () => true)).toMatchObject({ verdict: 'uniform', bad: [] });
  });
});
