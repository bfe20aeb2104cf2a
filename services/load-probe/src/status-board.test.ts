import { expect, it } from 'vitest';
import { targetOf } from '../test/take-samples.ts';
import { peerOf } from './discovery/peer.ts';
import { StatusBoard } from './status-board.ts';

it('should tell the single samples of a peer only when it is asked for that one', () => {
  const board = new StatusBoard({ version: '1.2.3', host: 'node-a', epoch: () => 1_000 });
  const peer = peerOf(targetOf('tcp://echo:7?name=t&discover=dns'), '10.0.0.7');
  board.add(0, peer);
  board.add(1, targetOf('tcp://10.0.0.8:7?name=plain'));
  const sample = {
    kind: 'sample',
    at: 900,
    outcome: 'ok',
    detail: '',
    rttMs: 1,
    lagMs: 0,
    phases: {},
  } as const;
  board.receive([
    { ...sample, target: 0 },
    { ...sample, target: 1 },
  ]);
  const told = [{ at: 900, outcome: 'ok', rttMs: 1 }];
  expect(board.recentSamples().samples).toEqual({ plain: told });
  expect(board.takeNews().samples).toEqual({ plain: told });
  expect(board.target('t @ 10.0.0.7')?.samples).toEqual(told);
  expect(board.status()).toMatchObject({
    probe: { host: 'node-a' },
    targets: [
      { id: 't @ 10.0.0.7', name: 't', peer: '10.0.0.7', window: { samples: 1 } },
      { id: 'plain', name: 'plain', peer: null },
    ],
  });
});
