import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import type { SweepReport, TargetDocument } from '../../services/load-probe/src/monitor/status/types.ts';
import { MAIN } from '../../services/load-probe/test/program.ts';
import { eventually } from '../harness/eventually.ts';
import { NODE } from '../harness/main-module.ts';
import { skipFor } from '../harness/skip-for.ts';
import { ECHO_PORT, FaultLab, TARGET } from './fault-lab.ts';

const BROKEN = 2;
/** The shortest interval for the timeout, so that a round of the ports takes 1.5 s. */
const SWEPT = `echo+udp://${TARGET.v4}:${ECHO_PORT}?name=swept&flow=sweep&interval=23ms&timeout=200ms`;

/** Starts a monitor at the client. @returns its sweep, as its API tells it */
async function startSweep({ client }: FaultLab): Promise<() => Promise<SweepReport | null>> {
  const admin = ['--admin-host', '127.0.0.1', '--admin-port', '0'];
  const program = client.start(...NODE, MAIN, 'monitor', ...admin, '--targets', SWEPT);
  for await (const line of createInterface({ input: program.stdout! })) {
    const { addresses, msg } = JSON.parse(line);
    if (msg !== 'admin listening') continue;
    program.stdout!.resume();
    const url = `http://127.0.0.1:${addresses[0].port}/api/targets/swept`;
    return async () => (JSON.parse(await client.fetch(url)) as TargetDocument).target.sweep;
  }
  throw new Error('the monitor ended before it listened');
}

it(
  'should name every source port that takes a dead next hop, and none once it is mended',
  skipFor(FaultLab.problem()),
  async () => {
    using lab = new FaultLab({ nextHops: 4 });
    await lab.startEcho();
    lab.break('dead next hop', BROKEN);
    const sweep = await startSweep(lab);
    await eventually(async () => {
      const { bad, ports = [], sentence, verdict } = (await sweep()) ?? {};
      const hops = lab.nextHopsOf(ports.map(({ port }) => ({ sourcePort: port, protocol: 'udp' })));
      const dead = ports.filter((_, index) => hops[index] === BROKEN).map(({ port }) => port);
      expect({ bad, verdict }).toEqual({ bad: dead, verdict: 'dead' });
      expect(sentence).toMatch(
        /^about 1 of \d paths is dead: ports \d+, .* lose everything, the others nothing$/,
      );
    });
    lab.mend();
    await eventually(async () => expect(await sweep()).toMatchObject({ bad: [], verdict: 'clean' }));
  },
);
