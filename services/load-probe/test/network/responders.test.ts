import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { createPath, type NetworkPath, SERVER, SERVER_2, UNUSED } from './network-path.ts';

const PORT = 7862;

describe('a balancer in front of two STAMP reflectors', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  beforeAll(async () => {
    path = createPath({ serverMtu: 1_500 });
    path.filter('add chain ip path balancer { type filter hook prerouting priority -300; }');
    await Promise.all([
      // Each process has an admin port of its own, for all addresses.
      path.startReflector(PORT, SERVER, '--pod-name', 'a', '--node-name', 'n1', '--admin-port', '9001'),
      path.startReflector(PORT, SERVER_2, '--pod-name', 'b', '--node-name', 'n2', '--admin-port', '9002'),
    ]);
  });
  afterAll(() => path[Symbol.dispose]());

  /** @param servers which packets of how many go to which server, of nft(8): the balancer remembers no flow */
  async function check(servers: string, ...args: readonly string[]) {
    path.filter(
      'flush chain ip path balancer',
      `add rule ip path balancer ip daddr ${UNUSED} udp dport ${PORT} ip daddr set numgen inc ${servers}`,
      `add rule ip path balancer ip saddr { ${SERVER}, ${SERVER_2} } udp sport ${PORT} ip saddr set ${UNUSED}`,
    );
    const { stdout, stderr } = await path.run([
      ...['check', '--rate', '200', '--timeout', '10s'],
      ...args,
      `stamp+udp://${UNUSED}:${PORT}?name=lb`,
    ]);
    if (stdout === '') throw new Error(stderr);
    return stdout;
  }

  it('should be proven by who answers', async () => {
    const weighted = `mod 10 map { 0-6 : ${SERVER}, 7-9 : ${SERVER_2} }`;
    const args = ['--count', '400', '--responders', 'a=70%,b=30%'];
    // On a busy machine the prober is late for most samples, and the rest may tell nothing of the weights.
    await eventually(async () => {
      const held = await check(weighted, ...args);
      expect(held).toMatch(/^ {2}[\d.]+% \([\d.]+% to [\d.]+%\) answered by pod=a node=n1: \d+ of \d+$/m);
      expect(held).toMatch(/^--responders a=70%,b=30% held: /m);
    });
    const even = `mod 2 map { 0 : ${SERVER}, 1 : ${SERVER_2} }`;
    await eventually(async () =>
      expect(await check(even, ...args)).toMatch(
        /^--responders a=70%,b=30% did not hold: lb had 2 responders: /m,
      ),
    );
  });

  it('should break the affinity of a flow once where it moves the flow once', async () => {
    const moving = `mod 100 map { 0-4 : ${SERVER}, 5-99 : ${SERVER_2} }`;
    const { targets } = await eventually(async () => {
      const report = JSON.parse(await check(moving, '--json', '--count', '12', '--flow', 'sticky'));
      // On a busy machine the prober skips samples.
      expect(report.targets[0].outcomes.ok).toBe(12);
      return report;
    });
    expect(targets[0].affinityBreaks).toMatchObject({
      count: 1,
      last: [{ from: 'pod=a node=n1', to: 'pod=b node=n2' }],
    });
    expect(targets[0].flowDeaths.count).toBe(0);
  });
});
