import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { POISON } from '../../../tests/harness/poison-reads.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

describeTcpEngines((tcpEngine) => {
  describe('the memory that a handler gets', () => {
    it('should be reused after the call', async () => {
      const kept: Buffer[] = [];
      await using local = await LocalListener.open({ tcpEngine }, (connection) => ({
        data(chunk) {
          kept.push(chunk, Buffer.from(chunk));
          connection.write(chunk);
        },
        end: () => connection.end(),
      }));
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('ping')).toBe('ping');
      expect(kept.map(String)).toEqual([Buffer.alloc(4, POISON).toString(), 'ping']);
    });
  });
});
