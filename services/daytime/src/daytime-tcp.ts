import type { FormatName } from '@echo-daytime/daytime-format';
import { ignore, type TcpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 867, TCP based daytime service: sends one line as soon as the connection is open, then FIN. Bytes from the client
 * are discarded.
 *
 * @param line the line of this moment
 */
export function daytimeTcp(format: FormatName, line: (format: FormatName) => Uint8Array): TcpProtocol {
  return (connection) => {
    connection.write(line(format));
    connection.end();
    return ignore;
  };
}
