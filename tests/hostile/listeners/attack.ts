import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '../../harness/eventually.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import type { Mode } from '../listeners.ts';
import { promise } from '../scenario.ts';
import { checkAnswer } from './answers.ts';
import type { Fleet } from './fleet.ts';

/** As many connections at once as one source may have by default, though many more may come in all. */
const MAX_AT_ONCE = 1_000;
/** Addresses of loopback over which many clients are spread, so that no port is wanted twice. */
const SOURCES = 200;
const MAX_SHOWN = 5;

/** One client of an attack. */
export interface Client {
  /** Each is sent in a packet of its own, more or less. */
  readonly pieces: readonly (string | Buffer)[];
  /** What it waits for before it leaves: that clients were answered, the other side's FIN, or so many bytes. */
  readonly until?: 'answered' | 'FIN' | number;
  /** False: takes nothing from the kernel. */
  readonly reads?: false;
  /** `FIN` stays for all that comes then, which is checked; `FIN, reset` does not answer the other side's FIN. */
  readonly leaves: 'FIN' | 'FIN, reset' | 'reset' | 'close';
}

export interface AttackOptions {
  /** Whether the service stands still until all clients have come and gone. */
  readonly halted?: boolean;
  readonly atOnce?: number;
}

/** Has these clients attack a listener; sentences of what does not hold while they do. */
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
      promise(sentBytes > before.sentBytes, () => 'nobody was answered');
    });
    return answering;
  };
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < clients.length && broken.length < MAX_SHOWN; index = next++) {
      // The system finds a port by itself sooner, as long as there are few.
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
    // Every connection is counted, and nobody was refused.
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

/** @throws Error when a client that stays to the end is not answered as it should be */
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
