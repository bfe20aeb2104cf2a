import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeUdpEngines } from '../../../../tests/harness/engines.ts';
import { NODE_COMMAND } from '../../../../tests/harness/main-module.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';

const asking = fileURLToPath(new URL('../fixtures/ask-both-families.ts', import.meta.url));

describeUdpEngines('a system that keeps :: to IPv6', (UDP_ENGINE) => {
  it('should still serve :: over IPv4', skipFor(notLinux), () => {
    // In a network namespace of its own, whose loopback is down at first.
    const prepare = 'ip link set lo up && echo 1 >/proc/sys/net/ipv6/bindv6only';
    const ask = `exec ${NODE_COMMAND} '${asking}' ${UDP_ENGINE}`;
    const namespace = ['--user', '--map-root-user', '--net', 'sh', '-c', `${prepare} && ${ask}`];
    const said = execFileSync('unshare', namespace, { encoding: 'utf8' });
    expect(said).toBe('asked 127.0.0.1\nasked ::1\n');
  });
});
