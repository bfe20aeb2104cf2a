import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { createPath, type NetworkPath, SERVER } from './network-path.ts';

const PORT = 7862;
const COUNT = 400;
/** Of nft(8): one packet of ten, by chance. */
const SOME = 'numgen random mod 10 0 drop';
const FORWARD = `ip daddr ${SERVER} udp dport ${PORT} ${SOME}`;
const RETURN = `ip saddr ${SERVER} udp sport ${PORT} ${SOME}`;
const TENTH = 0.1;

describe('a router that drops packets of STAMP', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  beforeAll(async () => {
    path = createPath({ serverMtu: 1_500 });
    await path.startReflector(PORT);
  });
  afterAll(() => path[Symbol.dispose]());

  /** @param rules of nft(8) for the router */
  async function check(...rules: readonly string[]) {
    path.filter('flush chain ip path forward');
    for (const rule of rules) path.filter(`add rule ip path forward ${rule}`);
    const args = ['--json', '--count', `${COUNT}`, '--rate', '100', '--timeout', '1s', '--flow', 'sticky'];
    const { stdout, stderr } = await path.run(['check', ...args, `stamp+udp://${SERVER}:${PORT}`]);
    if (stdout === '') throw new Error(stderr);
    const [{ lost, outcomes }] = JSON.parse(stdout).targets;
    expect(lost.forward + lost.return + lost.unknown).toBe(outcomes.lost);
    expect(lost.unknown).toBeGreaterThanOrEqual(0);
    return lost;
  }

  it('should be found on the way there alone', async () => {
    const { forward, return: back } = await check(FORWARD);
    expect(forward).toBeGreaterThan(0);
    expect(back).toBe(0);
  });

  it('should be found on the way back alone', async () => {
    const { forward, return: back } = await check(RETURN);
    expect(forward).toBe(0);
    expect(back).toBeGreaterThan(0);
  });

  it('should be found on both ways, with intervals that hold what the router dropped', async () => {
    // Not by chance, which would leave an interval now and then.
    const rules = [FORWARD, RETURN].map((rule) => rule.replace('random', 'inc'));
    const { forward, intervals, return: back } = await check(...rules);
    expect(forward).toBeGreaterThan(0);
    expect(back).toBeGreaterThan(0);
    for (const { low, high } of [intervals.forward, intervals.return]) {
      expect(low).toBeLessThan(TENTH);
      expect(high).toBeGreaterThan(TENTH);
      expect(high - low).toBeLessThan(2 * TENTH);
    }
  });
});
