import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpProtocol } from '../src/tcp/connection.ts';
import { TURN_BYTES } from '../src/tcp/handler.ts';

const TURN = Buffer.alloc(TURN_BYTES);

/** Echoes; and is broken in the middle of a last answer that takes more than one turn. */
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
  it('should give a connection that is gone when its turn comes no turn, take nothing and count nothing any more', async () => {
    const turns: string[] = [];
    await using local = await LocalListener.open({ tcpEngine }, dying(turns));
    using client = await TcpClient.connect(local.port);
    expect(await client.ask('live')).toBe('live');
    client.socket.end();
    await client.ended;
    await local.holding(0);
    // Behind all that was to come in its turn.
    using other = await TcpClient.connect(local.port);
    expect(await other.ask('next')).toBe('next');
    expect(turns).toEqual(['took nothing']);
    expect(local.closed).toEqual({ client: 1 });
    const { sentBytes } = local.counters;
    expect(sentBytes.value).toBeLessThanOrEqual('live'.length + TURN_BYTES + 'next'.length);
  });
});
