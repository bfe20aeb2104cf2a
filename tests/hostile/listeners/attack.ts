import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import type { Mode } from '../listeners.ts';
import { promise } from '../scenario.ts';
import { checkAnswer } from './answers.ts';
import type { Fleet } from './fleet.ts';

/** Maximum connections at once: the default limit per source. */
const MAX_AT_ONCE = 1_000;
/** Number of loopback addresses over which many clients are spread, so that source ports do not run out. */
const SOURCES = 200;
const MAX_SHOWN = 5;

/** One client of an attack. */
export interface Client {
  /** Each piece is usually sent in its own packet. */
  readonly pieces: readonly (string | Buffer)[];
  /** What the client waits for before it leaves: replies to clients, the service's FIN, or a number of bytes. */
  readonly until?: 'answered' | 'FIN' | number;
  /** False: the client never reads. */
  readonly reads?: false;
  /** `FIN` reads to the end and checks the reply; `FIN, reset` answers the service's FIN with RST. */
  readonly leaves: 'FIN' | 'FIN, reset' | 'reset' | 'close';
}

export interface AttackOptions {
  /** Whether the service is stopped (SIGSTOP) until all clients have connected and left. */
  readonly halted?: boolean;
  readonly atOnce?: number;
}

/** Attacks a listener with these clients. @returns a sentence for each broken promise */
export async function attack(
  fleet: Fleet,
  mode: Mode,
  clients: readonly Client[],
  { halted = false, atOnce = MAX_AT_ONCE }: AttackOptions = {},
): Promise<string[]> {
  const before = await countsOf(fleet, mode);
  const broken: string[] = [];
  let answering: Promise<void> | undefined;
  const answered = (): Promise<void> => {
    answering ??= eventually(async () => {
      const { sentBytes } = await countsOf(fleet, mode);
      promise(sentBytes > before.sentBytes, () => 'no client got a reply');
    });
    return answering;
  };
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < clients.length && broken.length < MAX_SHOWN; index = next++) {
      // With few clients the kernel finds a source port faster by itself.
      const localAddress = `127.0.1.${1 + (index % SOURCES)}`;
      const address = clients.length > MAX_AT_ONCE ? { localAddress } : {};
      try {
        await play(fleet.process(mode).port(mode.listener), mode, clients[index]!, address, answered);
      } catch (error) {
        broken.push(`${mode.name}: ${(error as Error).message}`);
      }
    }
  };
  {
    await using halting = new AsyncDisposableStack();
    if (halted) halting.use(await fleet.process(mode).halt());
    await Promise.all(Array.from({ length: Math.min(atOnce, clients.length) }, one));
  }
  if (broken.length > 0) return broken;
  try {
    // Every connection is counted, and none was refused.
    await eventually(async () => {
      const after = await countsOf(fleet, mode);
      const [accepted, refused] = [after.accepted - before.accepted, after.refused - before.refused];
      const isExact = accepted === clients.length && refused === 0;
      promise(isExact, () => `${accepted} accepted and ${refused} refused of ${clients.length}`);
    });
    return [];
  } catch (error) {
    return [`${mode.name}: ${(error as Error).message}`];
  }
}

/** @throws Error when a client that stays to the end gets a wrong reply */
async function play(
  port: number,
  mode: Mode,
  { pieces, until, reads, leaves }: Client,
  address: { readonly localAddress?: string },
  answered: () => Promise<void>,
): Promise<void> {
  const halfOpen = leaves === 'FIN, reset';
  using client = await TcpClient.connect(port, { ...address, reading: reads ?? true, halfOpen });
  const { socket } = client;
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    await turn();
  }
  if (leaves === 'FIN') {
    socket.end();
    return await expectAnswer(client, mode, pieces);
  }
  if (leaves === 'FIN, reset') await new Promise<void>((resolve) => socket.end(resolve));
  if (typeof until === 'number') await client.take(until);
  else if (until === 'FIN') await client.ended;
  else if (until === 'answered') await answered();
  if (leaves === 'close') socket.destroy();
  else socket.resetAndDestroy();
  await client.ended;
}

async function expectAnswer(client: TcpClient, mode: Mode, pieces: Client['pieces']): Promise<void> {
  const answer = await client.takeAll();
  const end = await client.ended;
  const stream = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  try {
    promise(end === 'FIN', () => `the end was ${end}, not FIN`);
    checkAnswer(mode, answer, stream, pieces.length);
  } catch (error) {
    throw new Error(`${(error as Error).message}, to ${JSON.stringify(stream.toString('latin1', 0, 500))}`);
  }
}

async function countsOf(
  fleet: Fleet,
  mode: Mode,
): Promise<Readonly<Record<'accepted' | 'refused' | 'sentBytes', number>>> {
  const metrics = await fleet.process(mode).metrics();
  const labels = { listener: mode.listener };
  return {
    accepted: metrics.value('l4_tcp_connections_accepted_total', labels),
    refused: metrics.sum('l4_tcp_connections_refused_total', labels),
    sentBytes: metrics.value('l4_tcp_sent_bytes_total', labels),
  };
}
