import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import type { Promises } from '../scenario.ts';

/** What they are started with, whatever their deadline is called. */
export const DEADLINE = '2s';
/** A clock that jumps ends them within a tenth of a second; the deadline's own clock is as coarse as that. */
const EARLIEST_MS = 1_000;
/**
 * Far more than the buffers of both ends hold, by default up to 40 MB: a client that has nothing left to send and does not
 * read hears of no reset. Bytes.
 */
const UNREAD_BYTES = 64 * 1024 * 1024;
/** The probe beside them sends less than this between two looks. Bytes. */
const STANDSTILL_BYTES = 64 * 1024;
const STILL_OPEN = 'still open';

export interface SilentClient {
  readonly name: string;
  /** How it is ended: FIN, or reset where it is owed something. */
  readonly end: RegExp;
  readonly client: TcpClient;
  /** When it was last heard of at the earliest. */
  readonly sinceMs: number;
}

/** One client for every deadline of a connection; all of them have just become silent. */
export async function silentClients(
  echo: ServiceProcess,
  daytime: ServiceProcess,
  owned: DisposableStack,
): Promise<readonly SilentClient[]> {
  const unread = await unreadClient(echo, owned);
  const asked = async (name: string, port: number, text: string): Promise<SilentClient> => {
    const { client, sinceMs } = await askingClient(port, text, owned);
    return { name, end: /^FIN$/, client, sinceMs };
  };
  return [
    unread,
    await asked('An idle echo (IDLE_TIMEOUT)', echo.port('echo-tcp'), 'echo'),
    await asked('An idle session (IDLE_TIMEOUT)', daytime.port('session-tcp'), 'timestamp\n'),
    await asked('An idle dialog (DIALOG_READ_TIMEOUT)', echo.port('dialog-tcp'), 'message\t'),
  ];
}

export interface AskingClient {
  readonly client: TcpClient;
  readonly answer: string;
  /** When it asked. */
  readonly sinceMs: number;
}

/** A client that asked and has an answer: on a busy machine the deadline may end others before they have asked. */
export async function askingClient(
  port: number,
  text: string,
  owned: DisposableStack,
): Promise<AskingClient> {
  for (;;) {
    const client = owned.use(await TcpClient.connect(port));
    const sinceMs = performance.now();
    client.socket.write(text);
    const answer = String(await client.take(1));
    if (answer !== '') return { client, answer, sinceMs };
  }
}

/** @param latestMs from its last sign of life until it must have been ended */
export async function expectEnd(
  { name, end, client, sinceMs }: SilentClient,
  latestMs: number,
  promises: Promises,
  step: string,
): Promise<void> {
  const tooLate = delay(sinceMs + latestMs - performance.now(), STILL_OPEN, { ref: false });
  const seen = await Promise.race([client.ended, tooLate]);
  const lasted = `${seen} after ${Math.round(performance.now() - sinceMs)} ms`;
  promises.expect(
    performance.now() - sinceMs >= EARLIEST_MS,
    `${name} must not end before its ${DEADLINE} for a step of ${step}.`,
    lasted,
  );
  promises.expect(
    end.test(seen),
    `${name} must end at its ${DEADLINE} in spite of a step of ${step}.`,
    lasted,
  );
}

/** Sends until the kernels take no more, and never reads. */
async function unreadClient(echo: ServiceProcess, owned: DisposableStack): Promise<SilentClient> {
  const received = async (): Promise<number> =>
    (await echo.metrics()).value('l4_tcp_received_bytes_total', { listener: 'echo-tcp' });
  const atFirst = await received();
  let before = atFirst;
  // Nothing between the connect and the first bytes: on a busy machine the deadline for an idle client may pass there.
  const client = owned.use(await TcpClient.connect(echo.port('echo-tcp'), { reading: false }));
  const sinceMs = performance.now();
  client.socket.write(Buffer.alloc(UNREAD_BYTES));
  await eventually(async () => {
    const now = await received();
    const standsStill = now - before < STANDSTILL_BYTES && now - atFirst > STANDSTILL_BYTES;
    before = now;
    if (!standsStill) throw new Error('echo reads on and on from a client that does not read');
  });
  return { name: 'A peer that does not read (WRITE_TIMEOUT)', end: /^(ECONNRESET|EPIPE)$/, client, sinceMs };
}
