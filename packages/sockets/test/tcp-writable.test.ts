import { expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { LocalListener } from '../../../tests/harness/local-listener.ts';
import { v1Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpConnection, TcpProtocol } from '../src/tcp/connection.ts';

describeTcpEngines((tcpEngine) => {
  const PIECE = Buffer.alloc(64 * 1024, 'a piece of a long answer ');
  /** More than the kernels of both sides take for a peer that does not read. */
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
    'should pace whoever writes by what the peer takes, reading nothing on: %s',
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
      const answer = await client.takeAll();
      expect(answer.length).toBe(3 * PIECES * PIECE.length);
      expect(answer.subarray(-PIECE.length).equals(PIECE)).toBe(true);
      expect(await client.ended).toBe('FIN');
      // One piece that would not go out, one in the stream's own buffer, one more at the FIN.
      expect(pace?.largest).toBeLessThanOrEqual(3 * PIECE.length);
      expect(pace?.readWhileBehind).toBe(0);
      await local.holding(0);
      expect(local.closed).toEqual({ client: 1 });
      expect(local.counters.sentBytes.value).toBe(answer.length);
    },
  );

  it('should say that nothing more is taken once the connection ends', async () => {
    const answers: boolean[] = [];
    await using local = await LocalListener.open({ tcpEngine }, (connection) => ({
      data() {
        answers.push(connection.write(Buffer.from('last')));
        connection.end();
        answers.push(connection.write(Buffer.from('too late')));
      },
      end() {},
    }));
    using client = await TcpClient.connect(local.port);
    client.socket.write('x');
    expect(String(await client.takeAll())).toBe('last');
    expect(answers).toEqual([true, false]);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
  ])('should know its own end by its plain address over %s', async (host, address) => {
    await using local = await LocalListener.open({ tcpEngine, host: ['::'] });
    using client = await TcpClient.connect(local.port, { host });
    await client.ask('ping');
    expect(local.connections[0]?.local).toEqual({ address, port: local.port });
  });
});
