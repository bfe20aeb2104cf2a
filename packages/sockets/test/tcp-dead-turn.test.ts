import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpProtocol } from '../src/tcp/connection.ts';
import { TURN_BYTES } from '../src/tcp/handler.ts';

const TURN = Buffer.alloc(TURN_BYTES);

/** Echoes. At the peer's FIN it writes for more than one turn, and the connection is destroyed in between. */
function dying(turns: string[]): TcpProtocol {
  return (connection) => ({
    data: (chunk) => connection.write(chunk),
    end(): void {
      connection.write(TURN);
      connection.destroy('error');
      turns.push(connection.write(TURN) ? 'took bytes' : 'took nothing');
    },
    writable() {
      turns.push('writable');
    },
  });
}

describeTcpEngines((tcpEngine) => {
  it('should give a destroyed connection no more turns, take no bytes and count none', async () => {
    const turns: string[] = [];
    await using local = await LocalListener.open({ tcpEngine }, dying(turns));
    using client = await TcpClient.connect(local.port);
    expect(await client.ask('live')).toBe('live');
    client.socket.end();
    await client.ended;
    await local.holding(0);
    // Enough turns for every callback that was queued.
    using other = await TcpClient.connect(local.port);
    expect(await other.ask('next')).toBe('next');
    expect(turns).toEqual(['took nothing']);
    expect(local.closed).toEqual({ client: 1 });
    const { sentBytes } = local.counters;
    expect(sentBytes.value).toBeLessThanOrEqual('live'.length + TURN_BYTES + 'next'.length);
  });
});
