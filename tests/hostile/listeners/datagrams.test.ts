import { expect, it } from 'vitest';
import { parseMetrics } from '../../harness/metrics.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import { attackDatagrams, checks, corpusOf } from './datagrams.ts';

const GUARDED_PORT = 2049;

interface Answering {
  /** The replies to the n-th datagram that passes the loop guard. */
  readonly answers: (request: Buffer, nth: number) => readonly Buffer[];
  readonly guarded?: boolean;
  /** Number by which its counter of replies is wrong. */
  readonly counted?: number;
}

const same: Answering['answers'] = (request) => [request];

/** Attacks a wrong echo, which has the counters of a service. */
async function attack({ answers, guarded = true, counted = 0 }: Answering): Promise<string[]> {
  await using server = await UdpClient.open();
  let [received, dropped, sent] = [0, 0, 0];
  server.socket.on('message', (request, { port, address }) => {
    received += 1;
    if (guarded && port === GUARDED_PORT) {
      dropped += 1;
      return;
    }
    for (const answer of answers(request, received)) {
      sent += 1;
      server.send(answer, port, address);
    }
  });
  const labels = '{listener="echo-udp"}';
  return await attackDatagrams({
    ...{
      listener: 'echo-udp',
      check: checks['echo-udp'],
      request: Buffer.from('bye'),
      port: server.socket.address().port,
    },
    ...{ corpus: await corpusOf('proxy-header'), inputs: 100, seed: 7, timeoutMs: 200 },
    metrics: async () =>
      parseMetrics(
        [
          `l4_udp_datagrams_received_total${labels} ${received}`,
          `l4_udp_datagrams_sent_total${labels} ${sent + counted}`,
          `l4_udp_datagrams_dropped_total{listener="echo-udp",reason="source_port"} ${dropped}`,
          `l4_udp_datagrams_dropped_total{listener="echo-udp",reason="too_short"} 0`,
          `l4_udp_datagrams_dropped_total{listener="echo-udp",reason="malformed"} 0`,
        ].join('\n'),
      ),
  });
}

it('should find nothing in a correct echo', async () => {
  expect(await attack({ answers: same })).toEqual([]);
});

it.each([
  ['answers one of them twice', { answers: (request, nth) => (nth === 9 ? [request, request] : [request]) }],
  [
    'answers the last one twice',
    { answers: (request) => (request.length > 60_000 ? [request, request] : [request]) },
  ],
  ['changes a byte', { answers: (request) => [Buffer.from(request.map((byte) => byte ^ 1))] }],
  ['cuts a byte off', { answers: (request) => [request.subarray(0, -1)] }],
  ['answers a guarded port', { answers: same, guarded: false }],
  ['counts a reply that it did not send', { answers: same, counted: 1 }],
] as const satisfies readonly (readonly [string, Answering])[])(
  'should find an echo that %s',
  async (_what, echo) => {
    expect((await attack(echo)).length).toBeGreaterThan(0);
  },
);
