import type { Socket } from 'node:net';
import type { SynReport } from '../../net/syn-changes.ts';
import { synRequest } from '../../payload/syn-line.ts';
import { readWhoLine, whoRequest } from '../../payload/who-line.ts';
import type { Attempt, ToldConnection } from '../sample.ts';
import { synOfConnection } from '../syn-of-connection.ts';
import { askLine } from './ask-line.ts';

/**
 * Asks a session target about this connection, once the sample is over, and closes the connection.
 *
 * @param socket without listeners
 * @returns without what it was asked when the probe was stopped
 */
export async function askAboutConnection(socket: Socket, attempt: Attempt): Promise<ToldConnection> {
  // The connection may fail between two requests.
  socket.on('error', () => {});
  try {
    const syn = attempt.target.syn ? await askSyn(socket, attempt) : undefined;
    const asked = attempt.target.who ? await askLine(socket, whoRequest, attempt) : undefined;
    const who = asked && ('line' in asked ? readWhoLine(asked.line) : asked);
    return { ...(syn && { syn }), ...(who && { who }) };
  } finally {
    socket.destroy();
  }
}

async function askSyn(socket: Socket, attempt: Attempt): Promise<SynReport | undefined> {
  const compare = synOfConnection(socket);
  const asked = await askLine(socket, synRequest, attempt);
  return asked && ('line' in asked ? compare(asked.line) : asked);
}
