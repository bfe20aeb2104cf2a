import type { TcpConnection, TcpHandler, TcpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 862, TCP based echo service: sends received bytes back, in order, until the client sends FIN; then sends the
 * remaining bytes and FIN.
 */
export const echoTcp: TcpProtocol = (connection) => new Echo(connection);

/** A class, not two closures: the memory that a thousand busy connections use has to fit the CPU cache. */
class Echo implements TcpHandler {
  readonly #connection: TcpConnection;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  data(chunk: Buffer): void {
    this.#connection.write(chunk);
  }

  end(): void {
    this.#connection.end();
  }
}
