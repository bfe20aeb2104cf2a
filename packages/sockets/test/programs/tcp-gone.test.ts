import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { LocalListener } from '../../../../tests/harness/local-listener.ts';
import { v1Header } from '../../../../tests/harness/proxy-header-bytes.ts';

/** Connects, sends and resets while the test process is blocked: all before the listener accepts. */
const CLIENT = `
  const [port, bytes] = process.argv.slice(1);
  require('node:net').connect(Number(port), '127.0.0.1', function () {
    this.write(Buffer.from(bytes, 'hex'), () => this.resetAndDestroy());
  });
`;

function connectAndReset(port: number, bytes: Buffer): void {
  const { status, stderr } = spawnSync(process.execPath, ['-e', CLIENT, `${port}`, bytes.toString('hex')]);
  if (status !== 0) throw new Error(`the client failed: ${stderr}`);
}

// Health checks of load balancers such as HAProxy do this. They must not count as peers that break the protocol.
it.each([
  ['no rules', {}],
  ['a header required', { proxyProtocol: 'required', trustedProxies: ['127.0.0.1/32'] }],
  ['a header optional', { proxyProtocol: 'optional', trustedProxies: ['127.0.0.1/32'] }],
  ['an access list', { allow: ['127.0.0.1/32'] }],
] as const)(
  'should count a connection that was reset before accept as reset, under %s',
  async (_, options) => {
    await using local = await LocalListener.open({ maxConnectionsPerSource: 1, ...options });
    for (let count = 1; count <= 2; count += 1) {
      connectAndReset(local.port, v1Header({ address: '192.0.2.1', port: 1 }));
      while (local.counters.closed.reset.value < count) await new Promise(setImmediate);
    }
    expect(local.closed).toEqual({ reset: 2 });
    expect(local.counters.accepted.value).toBe(2);
    expect(local.counters.open.value).toBe(0);
    expect(Object.values(local.counters.refused).filter(({ value }) => value > 0)).toEqual([]);
    expect(local.connectionLimit.total).toBe(0);
  },
);
