import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandLine } from '../../src/cli/options.ts';
import { checkOptions, readCheckOptions } from '../../src/commands/check/options.ts';
import { textReport as checkReport } from '../../src/commands/check/report.ts';
import { check } from '../../src/commands/check/run.ts';
import { judgeLoad, textReport as loadReport } from '../../src/commands/load/report.ts';
import { type Peer, udpPeer } from '../peers.ts';
import { atRate, load } from './run-load.ts';

const NOTE = ', which may hide a loss: an answer of daytime does not tell its request\n';

/** Sends every reply twice. */
let peer: Peer;
beforeAll(async () => {
  const line = Buffer.from('Friday, November 20, 2026 07:13:05-UTC\r\n');
  peer = await udpPeer((bytes, reply) => {
    const answer = bytes.length === 64 ? bytes : line;
    reply(answer);
    reply(answer);
  });
});
afterAll(() => peer[Symbol.asyncDispose]());

it.each([
  ['daytime+udp', true],
  ['echo+udp', false],
])('should say of a load of %s that repeated answers may hide a loss: %j', async (scheme, isNoted) => {
  const result = await load(`${scheme}://127.0.0.1:${peer.port}`, { ...atRate(20), durationMs: 500 });
  expect(result.counters.unexpectedCount).toBeGreaterThan(0);
  const report = loadReport(judgeLoad(result, [], 0.5));
  expect(report).toContain('without a message under way: late answers or duplicates');
  expect(report.includes(NOTE)).toBe(isNoted);
});

it.each([
  ['daytime+udp', 'sticky', true],
  ['daytime+udp', 'fresh', false],
  ['echo+udp', 'sticky', false],
])(
  'should say of a check of %s, %s, that repeated answers may hide a loss: %j',
  async (scheme, flow, isNoted) => {
    const url = `${scheme}://127.0.0.1:${peer.port}?flow=${flow}`;
    const line = new CommandLine(checkOptions, [url], { count: '3', interval: '200ms' });
    const result = await check(readCheckOptions(line), new AbortController().signal);
    const report = checkReport(result);
    expect(report).toContain('received more than once (duplicates)');
    expect(report.includes(NOTE)).toBe(isNoted);
  },
);
