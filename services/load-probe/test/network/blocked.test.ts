import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { Leak } from '../../src/stats/leaks.ts';
import { ended } from '../program.ts';
import { createPath, type NetworkPath, SERVER } from './network-path.ts';

const STAMP = 7862;
const INTERVAL_MS = 50;
/** Below the second after which Linux sends a SYN again. */
const SETTINGS = ['--interval', `${INTERVAL_MS}ms`, '--timeout', '300ms'];
/** Samples of a stage: enough for those over UDP to end, which takes 1.3 s. */
const STAGE = 40;

/** When a change began and when it was made, milliseconds since the Unix epoch. */
function during(change: () => void): readonly [number, number] {
  const begun = Date.now();
  change();
  return [begun, Date.now()];
}

describe('targets that a rule must block', skipFor(Namespace.problem()), () => {
  let path: NetworkPath;
  let [control, dropped, rejected] = [0, 0, 0];
  beforeAll(async () => {
    path = createPath({ serverMtu: 1_500 });
    const ports = [path.startEcho(), path.startEcho(), path.startEcho()] as const;
    [control, dropped, rejected] = await Promise.all(ports);
    await path.startReflector(STAMP);
    path.filter(
      'add counter ip path seen',
      'add chain ip path denied',
      `add rule ip path forward udp dport ${dropped} counter name seen`,
      'add rule ip path forward jump denied',
    );
    deny();
  });
  afterAll(() => path[Symbol.dispose]());

  /** The reflector is blocked while the others are not. */
  const lift = (): void =>
    path.filter('flush chain ip path denied', `add rule ip path denied udp dport ${STAMP} drop`);
  const deny = (): void =>
    path.filter(
      'flush chain ip path denied',
      `add rule ip path denied meta l4proto { tcp, udp } th dport ${dropped} drop`,
      `add rule ip path denied tcp dport ${rejected} reject with tcp reset`,
      `add rule ip path denied udp dport ${rejected} reject with icmp type admin-prohibited`,
    );
  const urls = (): string[] => [
    `echo+tcp://${SERVER}:${control}?name=control`,
    ...[dropped, rejected].flatMap((port, index) =>
      ['tcp', 'udp'].map(
        (transport) =>
          `echo+${transport}://${SERVER}:${port}?expect=blocked&name=${transport}-${['drop', 'reject'][index]}`,
      ),
    ),
  ];

  it('should be proved to be blocked, over TCP and UDP, dropped and rejected', async () => {
    const { code, stdout } = await path.run([
      'check',
      ...SETTINGS,
      '--count',
      '5',
      '--min-measured',
      '1%',
      ...urls(),
    ]);
    expect(stdout).toMatch(/expect=blocked held: udp-reject had (\d) of \1 samples? blocked/);
    expect(stdout).toContain('that no answer came is proved');
    expect(code).toBe(0);
  });

  it('should tell when the rule was lifted and added again, to two sample intervals', async () => {
    const samples = (): number =>
      Number(/packets (\d+)/.exec(path.read('list', 'counter', 'ip', 'path', 'seen'))![1]);
    const nextStage = async (): Promise<void> => {
      const end = samples() + STAGE;
      await eventually(() => expect(samples()).toBeGreaterThan(end));
    };
    const reflector = `stamp+udp://${SERVER}:${STAMP}?expect=blocked&name=stamp&flow=sticky`;
    const program = path.start(['check', '--json', ...SETTINGS, '--count', '100000', ...urls(), reflector]);
    const ending = ended(program);
    // Longer than it is blocked then: of fewer answers the reflector's count might be that of another start.
    await nextStage();
    await nextStage();
    const lifted = during(lift);
    await nextStage();
    const denied = during(deny);
    await nextStage();
    program.kill('SIGINT');
    const { code, stdout } = await ending;
    expect(code).toBe(1);
    const { gates, targets } = JSON.parse(stdout);
    for (const { control: by, id, leaks, outcomes, underWay, ...target } of targets.slice(1, -1)) {
      expect({ id, by, leaks: leaks.length }).toEqual({ id, by: 'control', leaks: 1 });
      const [{ from, notAfter, notBefore, samples: count, to, uncertaintyMs }] = leaks as [Leak];
      // The bounds hold what happened, however busy the machine is.
      expect(from, id).toBeGreaterThanOrEqual(lifted[0] - 1);
      expect(notBefore, id).toBeLessThanOrEqual(lifted[1]);
      expect(to, id).toBeLessThanOrEqual(denied[1] + 300);
      expect(notAfter, id).toBeGreaterThanOrEqual(denied[0] - 1);
      expect(count).toBe(outcomes.leaked);
      if (outcomes.prober_late + outcomes.untested === 0) {
        expect(uncertaintyMs, id).toBeLessThanOrEqual(2 * INTERVAL_MS);
      }
      const { blocked, leaked, prober_late: late, untested } = outcomes;
      expect(blocked + leaked + late + untested + underWay.length + target.notBegun).toBe(target.asked);
    }
    const gate = gates.find(({ name }: { readonly name: string }) => name === 'expect');
    expect(gate.targets).toHaveLength(5);
    for (const { held, reason } of gate.targets)
      expect({ held, reason }).toEqual({ held: false, reason: 'leaked' });
    // The reflector's count proves that nothing arrived of what was sent while it was blocked.
    const { leaks, lost, outcomes } = targets.at(-1);
    expect(leaks).toHaveLength(2);
    expect(lost.forward).toBeGreaterThan(0);
    expect(lost.forward).toBeLessThanOrEqual(outcomes.blocked + outcomes.untested + outcomes.prober_late);
    expect(lost.return).toBe(0);
  });
});
