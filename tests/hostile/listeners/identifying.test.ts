import { expect, it } from 'vitest';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';

const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n';
const LIMIT = 20;
const STRANGER = '127.0.0.1';
const PROXY = '127.0.0.2';

/** Connections that were never opened for anybody must not use up what is there for those who are served. */
it.each([{ DENY: `${STRANGER}/32` }, { MAX_CONNECTIONS_PER_SOURCE: '2' }])(
  'should serve the proxy while a stranger holds as many connections as it can, with %j',
  async (env) => {
    await using echo = await ServiceProcess.start('echo', {
      UDP: 'off',
      PROXY_PROTOCOL: 'required',
      TRUSTED_PROXIES: `${PROXY}/32`,
      MAX_CONNECTIONS: String(LIMIT),
      ...env,
    });
    const port = echo.port('echo-tcp');
    // They take what they can get and never answer the FIN.
    const strangers = Array.from(
      { length: LIMIT },
      () => new TcpClient(port, { localAddress: STRANGER, halfOpen: true }),
    );
    try {
      const ends = strangers.map(({ ended }) => ended);
      for (const end of await Promise.all(ends)) expect(['FIN', 'ECONNRESET']).toContain(end);
      using client = new TcpClient(port, { localAddress: PROXY });
      client.socket.write(`${HEADER}hello`);
      expect((await client.take(5)).toString()).toBe('hello');
    } finally {
      for (const { socket } of strangers) socket.destroy();
    }
  },
);
