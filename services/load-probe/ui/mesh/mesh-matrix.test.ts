import { describe, expect, it } from 'vitest';
import type { MeshCell, MeshDocument, MeshRow } from '../../src/monitor/mesh/types.ts';
import { meshMatrix } from './mesh-matrix.ts';

function cell(peer: string, changes: Partial<MeshCell> = {}): MeshCell {
  const window = { samples: 60, lossRatio: 0, p50Ms: 1, p99Ms: 2 };
  return { target: 'tcp', flow: 'fresh', state: 'up', slo: null, peer, window, ...changes };
}

function row(cells: readonly MeshCell[], changes: Partial<MeshRow> = {}): MeshRow {
  const place = { run: 'r', host: 'probe-7d', node: null, zone: null, trusted: true };
  return { version: 2, ...place, cells, responders: {}, ...changes };
}

function matrixOf(...rows: readonly MeshRow[]) {
  const probes = rows.map((one, index) => ({ address: `10.0.0.${index + 1}`, row: one }));
  const document: MeshDocument = {
    ...{ version: 2, now: 0, name: 'mesh:8080', problem: null, omitted: 0 },
    probes,
  };
  return meshMatrix(document);
}

describe('the matrix of a mesh', () => {
  it('should have every peer that one of the probes has, and no cell where another has none', () => {
    const { columns, rows } = matrixOf(row([cell('fd00::7')]), row([cell('10.0.0.10'), cell('10.0.0.9')]));
    expect(columns.map(({ peer }) => peer)).toEqual(['10.0.0.9', '10.0.0.10', 'fd00::7']);
    expect(rows.map(({ more, pairs }) => [more, pairs?.map((pair) => pair?.tone)])).toEqual([
      ['10.0.0.1', [undefined, undefined, 'up']],
      ['10.0.0.2', ['up', 'up', undefined]],
    ]);
  });

  it('should have the worst of a pair, of those with samples', () => {
    const silent = { samples: 0, lossRatio: 0, p50Ms: null, p99Ms: null };
    const lossy = { samples: 60, lossRatio: 0.25, p50Ms: 1, p99Ms: 7 };
    const pairOf = (...cells: readonly MeshCell[]) => matrixOf(row(cells)).rows[0]!.pairs![0]!;
    expect(pairOf(cell('a'), cell('a', { window: lossy }))).toMatchObject({
      ...{ tone: 'strained', lossRatio: 0.25, p99Ms: 7 },
    });
    expect(pairOf(cell('a'), cell('a', { state: 'down', window: silent }))).toMatchObject({
      ...{ tone: 'down', lossRatio: 0, p99Ms: 2 },
    });
    expect(pairOf(cell('a', { state: 'pending', window: silent }))).toMatchObject({
      ...{ tone: 'pending', lossRatio: undefined, p99Ms: null },
    });
  });

  it('should take names as they are, whatever they are', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      const { columns } = matrixOf(row([cell(name)]));
      expect(columns).toEqual([{ peer: name, name, more: '' }]);
    }
  });
});
