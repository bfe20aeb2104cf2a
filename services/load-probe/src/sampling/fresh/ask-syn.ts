import type { Socket } from 'node:net';
import { openSentSyns } from '@echo-daytime/linux';
import { compareSyns, type SynReport } from '../../net/syn-changes.ts';
import { lineOf } from '../../payload/daytime-line.ts';
import { answerBytes, isBlank } from '../../payload/session-answer.ts';
import { readSynLine, synRequest } from '../../payload/syn-line.ts';
import { onDeadline } from '../clock.ts';
import type { Attempt } from '../sample.ts';

/** How long a target may take to tell the SYN: it has just replied to the sample. Milliseconds. */
const MAX_WAIT_MS = 1_000;

/**
 * Asks a session target for the SYN of this connection, once the sample is over, and closes the connection.
 *
 * @param socket without listeners
 * @returns undefined when the probe was stopped meanwhile
 */
export function askSyn(socket: Socket, { clock, signal }: Attempt): Promise<SynReport | undefined> {
  const { promise, resolve } = Promise.withResolvers<SynReport | undefined>();
  const syns = openSentSyns();
  const sent = 'reason' in syns ? undefined : syns.read(socket);
  const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  let reply = Buffer.alloc(0);
  const settle = (report: SynReport | undefined): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.destroy();
    resolve(report);
  };
  const abort = (): void => settle(undefined);
  const cancel = onDeadline(clock, clock.now() + MAX_WAIT_MS, () =>
    settle({ unknown: `the target did not answer within ${MAX_WAIT_MS} ms` }),
  );
  signal.addEventListener('abort', abort);
  socket.on('error', ({ message }) => settle({ unknown: message }));
  socket.on('end', () => settle({ unknown: 'the target closed the connection' }));
  socket.on('data', (chunk: Buffer) => {
    reply = Buffer.concat([reply, chunk]);
    const bytes = isBlank(reply) ? undefined : answerBytes(reply);
    if (bytes === undefined) return;
    const received = readSynLine(lineOf(reply.subarray(0, bytes)));
    settle('unknown' in received ? received : compareSyns(sent, local, received));
  });
  socket.write(synRequest);
  if (signal.aborted) abort();
  return promise;
}
