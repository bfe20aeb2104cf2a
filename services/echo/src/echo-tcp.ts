import type { TcpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 862, TCP based echo service: what comes in goes back, in order, until the peer ends the connection; then
 * what is still owed, and our FIN.
 */
export const echoTcp: TcpProtocol = (connection) => ({
  data(chunk) {
    connection.write(chunk);
  },
  end() {
    connection.end();
  },
});
