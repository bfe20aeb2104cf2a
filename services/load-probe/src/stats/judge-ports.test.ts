import { describe, expect, it } from 'vitest';
import { Random } from '../../../../tests/harness/random.ts';
import { judgePorts } from './judge-ports.ts';
import { sentenceOf } from './path-sentence.ts';
import type { PortTally } from './port-classes.ts';

const FIRST = 40_000;
const PORTS = 64;

/** Samples of ports that lose by chance; the same for the same seed. */
class LossyPorts {
  readonly #random = new Random(862);

  tallies(samples: number, lossOf: (index: number) => number, ports = PORTS): PortTally[] {
    return Array.from({ length: ports }, (_, index) => {
      const limit = lossOf(index) * 1e6;
      let lost = 0;
      for (let sample = 0; sample < samples; sample += 1) if (this.#random.below(1e6) < limit) lost += 1;
      return { port: FIRST + index, sent: samples, lost };
    });
  }
}

/** Of `all` ports, every port that a bundle of `paths` sends over its first. */
function firstOf(paths: number): readonly number[] {
  return Array.from({ length: PORTS / paths }, (_, index) => FIRST + index * paths);
}

describe('the verdict about source ports', () => {
  const ports = new LossyPorts();

  it.each([
    [3, 0.05],
    [6, 0.5],
    [20, 0.001],
    [20, 0.05],
    [20, 0.5],
    [20, 0.95],
    [100, 0.05],
  ])('should name none of ports that lose alike: %d samples of each, loss %d', (samples, loss) => {
    for (let run = 0; run < 1_000; run += 1) {
      const { bad, classes, verdict } = judgePorts(ports.tallies(samples, () => loss));
      expect({ bad, classes }).toEqual({ bad: [], classes: 1 });
      expect(verdict).toMatch(/^(clean|uniform)$/);
    }
  });

  it.each([2, 4, 8, 16])('should name each port over the dead one of %d paths, and no other', (paths) => {
    const tallies = ports.tallies(8, (index) => (index % paths === 0 ? 1 : 0));
    const { bad, classes, fraction, verdict } = judgePorts(tallies);
    expect({ bad, classes, verdict }).toEqual({ bad: firstOf(paths), classes: 2, verdict: 'dead' });
    expect(fraction.estimate).toBe(1 / paths);
    expect(fraction.low).toBeLessThan(1 / paths);
    expect(fraction.high).toBeGreaterThan(1 / paths);
  });

  it.each([2, 4, 8])(
    'should name each port over the one of %d paths that loses 5%, and no other',
    (paths) => {
      for (let run = 0; run < 20; run += 1) {
        const tallies = ports.tallies(460, (index) => (index % paths === 0 ? 0.05 : 0));
        const { bad, unclear, verdict } = judgePorts(tallies);
        expect({ bad, unclear, verdict }).toEqual({ bad: firstOf(paths), unclear: [], verdict: 'lossy' });
      }
    },
  );

  it('should find a dead path where the others lose as well', () => {
    for (let run = 0; run < 20; run += 1) {
      const tallies = ports.tallies(30, (index) => (index % 4 === 0 ? 1 : 0.3));
      expect(judgePorts(tallies)).toMatchObject({ bad: firstOf(4), verdict: 'dead', classes: 2 });
    }
  });

  it('should name no port that has too few samples to be told from the others', () => {
    const some = ports.tallies(100, (index) => (index % 2 === 0 ? 0.05 : 0));
    const { bad, fraction, unclear } = judgePorts(some);
    for (const port of bad) expect(firstOf(2)).toContain(port);
    expect(unclear.length).toBeGreaterThan(0);
    expect([...bad, ...unclear]).toEqual(expect.arrayContaining([...firstOf(2)]));
    expect(fraction.high).toBeGreaterThan(0.5);
  });

  it('should leave out ports without a sample', () => {
    const silent = { port: 1, sent: 0, lost: 0 };
    expect(judgePorts([silent, ...ports.tallies(5, () => 0)]).groups[0]!.ports).not.toContain(1);
    expect(judgePorts([silent])).toMatchObject({ verdict: 'clean', bad: [], classes: 0 });
  });
});

describe('the sentence of a verdict', () => {
  const sentence = (samples: number, lossOf: (index: number) => number, count = PORTS): string => {
    const tallies = Array.from({ length: count }, (_, index) => ({
      ...{ port: FIRST + index, sent: samples, lost: Math.round(samples * lossOf(index)) },
    }));
    return sentenceOf(judgePorts(tallies));
  };

  it.each([
    [
      'a dead path',
      sentence(20, (index) => (index % 4 === 3 ? 1 : 0)),
      'about 1 of 4 paths is dead: ports 40003, 40007, 40011, 40015, … lose everything, the others nothing',
    ],
    [
      'one port',
      sentence(20, (index) => (index === 3 ? 1 : 0)),
      'about 1 of 64 paths is dead: port 40003 loses everything, the others nothing',
    ],
    [
      'a lossy path beside a dead one',
      sentence(200, (index) => (index < 32 ? 0.01 : index < 48 ? 0.2 : 1)),
      'about 1 of 4 paths is dead: ports 40048, 40049, 40050, 40051, … lose everything; about 1 of 4 paths is lossy: ports 40032, 40033, 40034, 40035, … lose 20%, the others 1%',
    ],
    [
      'most paths',
      sentence(20, (index) => (index % 4 === 3 ? 0 : 1)),
      'about 3 of 4 paths are dead: ports 40000, 40001, 40002, 40004, … lose everything, the others nothing',
    ],
    [
      'a clean path',
      sentence(20, () => 0),
      'nothing of 1,280 samples on 64 ports is lost, so no path differs',
    ],
    [
      'loss everywhere',
      sentence(20, () => 0.05),
      '5% of 1,280 samples on 64 ports are lost, by all ports alike, so no path that is chosen by source port is at fault',
    ],
    [
      'an outage',
      sentence(20, () => 1),
      'everything is lost, 1,280 samples on 64 ports: no path that is chosen by source port is at fault',
    ],
    [
      'few samples',
      sentence(2, () => 0),
      'nothing of 128 samples on 64 ports is lost, so no path differs, as far as so few samples can tell: a dead path shows from 6 samples of each port on',
    ],
    [
      'one port alone',
      sentence(9, () => 0, 1),
      'nothing of 9 samples on 1 port is lost, so no path differs, as far as so few samples can tell: one port can be compared with no other',
    ],
    [
      'few samples of half of the paths',
      sentence(3, (index) => index % 2),
      'some ports lose more than others, but 192 samples on 64 ports are too few to name them',
    ],
    ['no sample', sentence(0, () => 0), 'no sample was sent'],
  ])('should say what is known: %s', (_, said, expected) => expect(said).toBe(expected));
});
