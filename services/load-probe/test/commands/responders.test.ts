import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { freePort } from '../../../../tests/harness/free-port.ts';
import { type HaProxy, startHaProxy } from '../../../../tests/harness/haproxy.ts';
import { programProblem } from '../../../../tests/harness/programs.ts';
import { ServiceProcess } from '../../../../tests/harness/service-process.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { StatusDocument } from '../../src/monitor/status/types.ts';
import { tcpPeer } from '../peers.ts';
import { runProcess } from '../program.ts';

describe('check --responders', () => {
  describe('behind a balancer', skipFor(programProblem('haproxy')), () => {
    const stack = new AsyncDisposableStack();
    let proxy: HaProxy<'weighted' | 'even'>;

    beforeAll(async () => {
      const [a, b] = await Promise.all(
        ['a', 'b'].map(async (POD_NAME) => {
          const env = { POD_NAME, NODE_NAME: 'n1', SESSION_PORT: String(await freePort()) };
          return stack.use(await ServiceProcess.start('daytime', env));
        }),
      );
      const route = (weightA: number, weightB: number) => ({
        servers: {
          a: { port: a!.port('session-tcp'), options: `weight ${weightA}` },
          b: { port: b!.port('session-tcp'), options: `weight ${weightB}` },
        },
        settings: ['balance roundrobin'],
      });
      proxy = stack.use(await startHaProxy({ weighted: route(70, 30), even: route(50, 50) }));
    });
    afterAll(() => stack.disposeAsync());

    async function check(route: 'weighted' | 'even'): Promise<string> {
      const url = `session+tcp://127.0.0.1:${proxy.ports[route]}?name=lb`;
      const options = ['--count', '500', '--rate', '100', '--responders', 'a=70%,b=30%'];
      return (await runProcess(['check', ...options, url])).stdout;
    }

    it('should hold for the weights that it has, and not for others', async () => {
      const [weighted, even] = await Promise.all([check('weighted'), check('even')]);
      expect(weighted).toMatch(/^ {2}[\d.]+% \([\d.]+% to [\d.]+%\) answered by pod=a node=n1: \d+ of \d+$/m);
      expect(weighted).toMatch(/^--responders a=70%,b=30% held: lb had 2 responders: a /m);
      expect(even).toMatch(/^--responders a=70%,b=30% did not hold: lb had 2 responders: /m);
      expect(even).not.toContain('too wide');
    });

    it('should be counted by monitor, where it is asked for', async () => {
      const url = (name: string) => `session+tcp://127.0.0.1:${proxy.ports.even}?interval=20ms&name=${name}`;
      const TARGETS = `${url('asked')}&who=on,${url('other')}`;
      await using monitor = await ServiceProcess.start('load-probe', { TARGETS });
      await eventually(async () => {
        const metrics = await monitor.metrics();
        const answersOf = (labels: Record<string, string>) => metrics.sum('l4_probe_responses_total', labels);
        const [a, b] = ['a', 'b'].map((responder) => answersOf({ target: 'asked', responder }));
        expect(a).toBeGreaterThan(2);
        expect(b).toBeGreaterThan(2);
        expect(answersOf({})).toBe(a! + b!);
      });
      const { targets } = (await (await fetch(`${monitor.adminUrl}/api/targets`)).json()) as StatusDocument;
      const { known, responders } = targets[0]!.responders!;
      expect(responders.map(({ fields }) => fields).sort()).toEqual(['pod=a node=n1', 'pod=b node=n1']);
      expect(responders.reduce((sum, { count }) => sum + count, 0)).toBe(known);
      expect(targets[1]!.responders).toBe(null);
    });
  });

  it('should not hold where the target does not tell who answers, and say what it said', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', () => socket.write(`${Temporal.Now.instant().epochNanoseconds}\r\n`));
      socket.on('end', () => socket.end());
    });
    const url = `session+tcp://127.0.0.1:${peer.port}`;
    const { code, stdout } = await runProcess(['check', '--count', '2', '--responders', '1', '--json', url]);
    const { gates, targets } = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(gates.at(-1)).toMatchObject({ name: 'responders', limit: 1, held: false });
    expect(gates.at(-1).targets[0]).toMatchObject({ measured: null, reason: 'nothing_measured' });
    expect(targets[0].who).toMatchObject({
      ...{ known: 0, responders: [], other: 0, unknown: 2 },
      unknownDetail: expect.stringMatching(
        /^the target answered "\d+": it is no session that tells who answers$/,
      ),
    });
  });

  it('should be refused for targets that cannot tell', async () => {
    const urls = ['echo+tcp://127.0.0.1:7', 'session+tcp://127.0.0.1:7?flow=sticky'];
    const { code, stderr } = await runProcess(['check', '--responders', '2', ...urls]);
    expect(code).toBe(2);
    expect(stderr.match(/--responders asks who answers, which session\+tcp targets tell/g)).toHaveLength(2);
  });
});
