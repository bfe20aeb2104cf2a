import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { v1Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpConnection, TcpProtocol } from '../src/tcp/connection.ts';

describeTcpEngines((tcpEngine) => {
  const PIECE = Buffer.alloc(64 * 1024, 'a piece of a long reply ');
  /** More than fits into the send and receive buffers when the peer does not read. */
  const PIECES = 256;

  /** Every byte asks for `PIECES` pieces, written no faster than the peer takes them. */
  function longAnswers(paces: Pace[]): TcpProtocol {
    return (connection) => {
      const pace = new Pace(connection);
      paces.push(pace);
      return pace;
    };
  }

  class Pace {
    readonly #connection: TcpConnection;
    pieces = 0;
    largest = 0;
    readWhileBehind = 0;
    #peerEnded = false;

    constructor(connection: TcpConnection) {
      this.#connection = connection;
    }

    data(chunk: Buffer): void {
      if (this.pieces > 0) this.readWhileBehind += chunk.length;
      this.pieces += chunk.length * PIECES;
      this.#go();
    }

    writable(): void {
      this.#go();
    }

    end(): void {
      this.#peerEnded = true;
      this.#go();
    }

    #go(): void {
      let goesOn = true;
      while (goesOn && this.pieces > 0) {
        this.pieces -= 1;
        goesOn = this.#connection.write(PIECE);
        this.largest = Math.max(this.largest, this.#connection.pendingBytes);
      }
      if (this.#peerEnded && this.pieces === 0) this.#connection.end();
    }
  }

  it.each([
    ['served as itself', {}],
    ['not trusted as a proxy', { proxyProtocol: 'optional', trustedProxies: ['192.0.2.0/24'] }],
    ['announced by a proxy', { proxyProtocol: 'required', trustedProxies: ['127.0.0.1/32'] }],
  ] as const)(
    'should write no faster than the peer reads, and pause reading meanwhile: %s',
    async (_, options) => {
      const paces: Pace[] = [];
      await using local = await LocalListener.open({ tcpEngine, ...options }, longAnswers(paces));
      using client = await TcpClient.connect(local.port, { reading: false });
      if ('proxyProtocol' in options && options.proxyProtocol === 'required') {
        client.socket.write(v1Header({ address: '192.0.2.1', port: 1 }));
      }
      client.socket.write('x');
      while ((local.connections[0]?.pendingBytes ?? 0) === 0) await new Promise(setImmediate);
      const [pace] = paces;
      expect(pace?.pieces).toBeGreaterThan(0);
      client.socket.end('yz');

      client.socket.resume();
      const reply = await client.takeAll();
      expect(reply.length).toBe(3 * PIECES * PIECE.length);
      expect(reply.subarray(-PIECE.length).equals(PIECE)).toBe(true);
      expect(await client.ended).toBe('FIN');
      // One piece that the kernel did not take, one in the stream's buffer, one more at the FIN.
      expect(pace?.largest).toBeLessThanOrEqual(3 * PIECE.length);
      expect(pace?.readWhileBehind).toBe(0);
      await local.holding(0);
      expect(local.closed).toEqual({ client: 1 });
      expect(local.counters.sentBytes.value).toBe(reply.length);
    },
  );

  it('should return false from write once the connection ends', async () => {
    const taken: boolean[] = [];
    await using local = await LocalListener.open({ tcpEngine }, (connection) => ({
      data() {
        taken.push(connection.write(Buffer.from('last')));
        connection.end();
        taken.push(connection.write(Buffer.from('too late')));
      },
      end() {},
    }));
    using client = await TcpClient.connect(local.port);
    client.socket.write('x');
    expect(String(await client.takeAll())).toBe('last');
    expect(taken).toEqual([true, false]);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
  ])('should give its local address without IPv4 mapping over %s', async (host, address) => {
    await using local = await LocalListener.open({ tcpEngine, host: ['::'] });
    using client = await TcpClient.connect(local.port, { host });
    await client.ask('ping');
    expect(local.connections[0]?.local).toEqual({ address, port: local.port });
  });
});
