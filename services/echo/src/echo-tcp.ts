import type { TcpConnection, TcpHandler, TcpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 862, TCP based echo service: what comes in goes back, in order, until the peer ends the connection; then
 * what is still owed, and our FIN.
 */
export const echoTcp: TcpProtocol = (connection) => new Echo(connection);

/** A class, not two closures: with a thousand busy connections what each of them touches has to fit the cache. */
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
