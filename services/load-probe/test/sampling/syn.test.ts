import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { tcpPeer } from '../peers.ts';
import { takeTimelySamples } from '../take-samples.ts';

describe('a target with syn=on', skipFor(notLinux), () => {
  let daytime: ServiceProcess;
  beforeAll(async () => {
    daytime = await ServiceProcess.start('daytime', {
      SESSION_PORT: String(await freePort()),
      TCP_SAVE_SYN: 'on',
    });
  });
  afterAll(() => daytime[Symbol.asyncDispose]());

  it.each(['127.0.0.1', '[::1]'])(
    'should tell the SYN of each connection as it was sent and marked, over %s, and end each by FIN',
    async (host) => {
      const url = `session+tcp://${host}:${daytime.port('session-tcp')}?syn=on&dscp=ef`;
      const { samples, syns } = await takeTimelySamples(url, 3);
      expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
      expect(syns.length).toBeGreaterThanOrEqual(3);
      for (const report of syns) expect(report).toEqual({ changes: [], hops: 0, dscp: 46 });
      await eventually(async () => {
        const metrics = await daytime.metrics();
        const labels = { listener: 'session-tcp' };
        expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
        expect(metrics.value('l4_tcp_connections_closed_total', { ...labels, reason: 'client' })).toBe(
          metrics.value('l4_tcp_connections_accepted_total', labels),
        );
      });
    },
  );

  it('should tell the SYN of a sticky flow once', async () => {
    const url = `session+tcp://127.0.0.1:${daytime.port('session-tcp')}?syn=on&flow=sticky`;
    const { samples, syns } = await takeTimelySamples(url, 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(syns).toEqual([{ changes: [], hops: 0, dscp: 0 }]);
  });

  it.each([
    ['fresh', 'syn unavailable\r\n', 'the target says that it is unavailable'],
    ['fresh', undefined, 'the target closed the connection'],
    ['sticky', 'syn unavailable\r\n', 'the target says that it is unavailable'],
    ['sticky', undefined, expect.stringContaining('closed the connection without an answer')],
  ])(
    'should have a sample that is ok where the target of a %s flow answers %j',
    async (flow, answer, unknown) => {
      await using peer = await tcpPeer((socket) => {
        createInterface({ input: socket }).on('line', (request) => {
          if (request !== 'syn') socket.write(`${Temporal.Now.instant().epochNanoseconds}\r\n`);
          else if (answer === undefined) socket.end();
          else socket.write(answer);
        });
        socket.on('end', () => socket.end());
      });
      const url = `session+tcp://127.0.0.1:${peer.port}?syn=on&flow=${flow}`;
      const { samples, syns } = await takeTimelySamples(url, 1);
      expect(samples[0]!.outcome).toBe('ok');
      expect(syns[0]).toEqual({ unknown });
    },
  );
});
