import type { Socket } from 'node:net';
import { lineOf } from '../../payload/daytime-line.ts';
import { answerBytes, isBlank } from '../../payload/session-answer.ts';
import { onDeadline } from '../clock.ts';
import { type Attempt, MAX_ASKED_MS } from '../sample.ts';

export type AskedLine = { readonly line: string } | { readonly unknown: string };

/**
 * Asks a session target for one more line, on the connection of a sample that is over.
 *
 * @param socket without other listeners for data
 * @returns undefined when the probe was stopped meanwhile
 */
export function askLine(
  socket: Socket,
  request: Buffer,
  { clock, signal }: Attempt,
): Promise<AskedLine | undefined> {
  const { promise, resolve } = Promise.withResolvers<AskedLine | undefined>();
  let reply = Buffer.alloc(0);
  const settle = (asked: AskedLine | undefined): void => {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.off('error', fail).off('end', end).off('data', receive);
    resolve(asked);
  };
  const abort = (): void => settle(undefined);
  const fail = ({ message }: Error): void => settle({ unknown: message });
  const end = (): void => settle({ unknown: 'the target closed the connection' });
  const receive = (chunk: Buffer): void => {
    reply = Buffer.concat([reply, chunk]);
    const bytes = isBlank(reply) ? undefined : answerBytes(reply);
    if (bytes !== undefined) settle({ line: lineOf(reply.subarray(0, bytes)) });
  };
  const cancel = onDeadline(clock, clock.now() + MAX_ASKED_MS, () =>
    settle({ unknown: `the target did not answer within ${MAX_ASKED_MS} ms` }),
  );
  signal.addEventListener('abort', abort);
  socket.on('error', fail).on('end', end).on('data', receive);
  socket.write(request);
  if (signal.aborted) abort();
  else if (socket.readableEnded) end();
  return promise;
}
