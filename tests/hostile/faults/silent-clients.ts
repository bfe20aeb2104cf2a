import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import type { Promises } from '../scenario.ts';

/** The value of every deadline under test. */
export const DEADLINE = '2s';
/** Minimum time to the end of a client. If the wall clock counted, a step would end it within a tenth of a second. */
const EARLIEST_MS = 1_000;
/**
 * Far more than the buffers of both ends hold, by default up to 40 MB. A client that neither reads nor writes would not
 * notice the reset. Bytes.
 */
const UNREAD_BYTES = 64 * 1024 * 1024;
/** The probe beside the clients sends less than this between two checks. Bytes. */
const STANDSTILL_BYTES = 64 * 1024;
const STILL_OPEN = 'still open';

export interface SilentClient {
  readonly name: string;
  /** How the service ends it: FIN, or a reset where bytes are pending. */
  readonly end: RegExp;
  readonly client: TcpClient;
  /** The earliest possible time of its last byte. */
  readonly sinceMs: number;
}

/** One client for every deadline of a connection. All have just become silent. */
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
  /** When it sent its request. */
  readonly sinceMs: number;
}

/** A client with a reply to its request. On a busy machine the deadline may end a client before its request. */
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

/** @param latestMs maximum time from its last byte to its end */
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

/**
 * A client that sends until all buffers are full, and never reads. On a busy machine the deadline may end a client before
 * that.
 */
async function unreadClient(echo: ServiceProcess, owned: DisposableStack): Promise<SilentClient> {
  for (;;) {
    const atFirst = await receivedBy(echo);
    const client = owned.use(await TcpClient.connect(echo.port('echo-tcp'), { reading: false }));
    const sinceMs = performance.now();
    client.socket.write(Buffer.alloc(UNREAD_BYTES));
    const standsStill = untilStandstill(echo, atFirst).then(() => true);
    // The count of a client that is gone may not change any more.
    standsStill.catch(() => {});
    if (await Promise.race([standsStill, client.ended.then(() => false)])) {
      return {
        name: 'A peer that does not read (WRITE_TIMEOUT)',
        end: /^(ECONNRESET|EPIPE)$/,
        client,
        sinceMs,
      };
    }
  }
}

async function untilStandstill(echo: ServiceProcess, atFirst: number): Promise<void> {
  let before = atFirst;
  await eventually(async () => {
    const now = await receivedBy(echo);
    const standsStill = now - before < STANDSTILL_BYTES && now - atFirst > STANDSTILL_BYTES;
    before = now;
    if (!standsStill) throw new Error('echo reads on and on from a client that does not read');
  });
}

async function receivedBy(echo: ServiceProcess): Promise<number> {
  return (await echo.metrics()).value('l4_tcp_received_bytes_total', { listener: 'echo-tcp' });
}
