import { describe, expect, it } from 'vitest';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';
import { ended, startProgram } from '../program.ts';

const LINE = Buffer.from('Friday, November 20, 2026 07:13:05-UTC\r\n');
/** Enough for the program itself and a few sockets. */
const FEW_DESCRIPTORS = 60;

describe('the probe with too few descriptors for its sockets', () => {
  it.each(['echo+tcp', 'echo+udp', 'daytime+tcp'])('should run the load to its end: %s', async (scheme) => {
    await using peer =
      scheme === 'echo+udp'
        ? await udpPeer((bytes, reply) => reply(bytes))
        : await tcpPeer(scheme === 'echo+tcp' ? echoing : (socket) => setTimeout(() => socket.end(LINE), 20));
    const args = ['load', '--json', '--connections', '200', '--duration', '500ms'];
    const { code, stdout } = await runWithFewDescriptors([...args, `${scheme}://127.0.0.1:${peer.port}`]);
    expect(code).toBe(1);
    const { failures, outcomes } = JSON.parse(stdout);
    expect(outcomes.ok).toBeGreaterThan(0);
    expect(failures).toEqual([{ outcome: 'prober_late', count: outcomes.prober_late, detail: TOO_FEW }]);
  });

  it('should run the check to its end, and fail the gates for lack of samples', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const args = ['check', '--json', '--count', '500', '--rate', '1000', '--max-loss', '100%'];
    const { code, stdout } = await runWithFewDescriptors([...args, `echo+udp://127.0.0.1:${peer.port}`]);
    expect(code).toBe(1);
    const { gates, targets } = JSON.parse(stdout);
    expect(targets[0].outcomes.prober_late).toBeGreaterThan(250);
    expect(gates[0].targets[0]).toMatchObject({ held: false, reason: 'not_enough_measured' });
  });
});

const TOO_FEW = 'the prober may open no more sockets; raise its limit on open files, ulimit -n (EMFILE)';

function runWithFewDescriptors(args: readonly string[]): ReturnType<typeof ended> {
  return ended(startProgram(args, {}, FEW_DESCRIPTORS));
}
