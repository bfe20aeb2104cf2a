import type { TcpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 867, TCP based daytime service: one line as soon as the connection is there, then our FIN; whatever the
 * peer sends is thrown away.
 *
 * @param nextLine the line of this moment
 */
export function daytimeTcp(nextLine: () => Uint8Array): TcpProtocol {
  return (connection) => {
    connection.write(nextLine());
    connection.end();
    return discard;
  };
}

const discard = { data() {}, end() {} };
