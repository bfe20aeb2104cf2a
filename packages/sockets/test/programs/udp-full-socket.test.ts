import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeUdpEngines } from '../../../../tests/harness/engines.ts';
import { NODE_COMMAND } from '../../../../tests/harness/main-module.ts';
import { findProgram } from '../../../../tests/harness/programs.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';

const asking = fileURLToPath(new URL('../fixtures/ask-on-narrow-path.ts', import.meta.url));
const noTc = findProgram('tc') ? undefined : 'there is no tc program (Debian package iproute2)';

describeUdpEngines('a full send buffer', (UDP_ENGINE) => {
  it('should delay replies and lose none', skipFor(notLinux ?? noTc), () => {
    const prepare = 'ip link set lo up && tc qdisc add dev lo root tbf rate 4mbit burst 32kb limit 10mb';
    const ask = `exec ${NODE_COMMAND} '${asking}' ${UDP_ENGINE}`;
    const namespace = ['--user', '--map-root-user', '--net', 'sh', '-c', `${prepare} && ${ask}`];
    const said = execFileSync('unshare', namespace, { encoding: 'utf8' });
    expect(said).toBe('all are sent\n');
  });
});
