import type { Socket } from 'node:net';
import { openSentSyns } from '@echo-daytime/linux';
import { compareSyns, type SynReport } from '../net/syn-changes.ts';
import { readSynLine } from '../payload/syn-line.ts';

/**
 * Reads what this host sent in the SYN of an open connection.
 *
 * @returns compares it with the reply of the target to the request `syn`
 */
export function synOfConnection(socket: Socket): (reply: string) => SynReport {
  const syns = openSentSyns();
  const sent = 'reason' in syns ? undefined : syns.read(socket);
  const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  return (reply) => {
    const received = readSynLine(reply);
    return 'unknown' in received ? received : compareSyns(sent, local, received);
  };
}
