import { randomInt } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { tcpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import { Random } from '../../harness/random.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { TcpClient } from '../../harness/tcp-client.ts';
import type { Scenario } from '../scenario.ts';
import { readCorpus } from './corpus.ts';
import { promise } from './fuzzed-parser.ts';
import { type AnswerCheck, checkDialog, checkProxied, checkSession, LIVE_SETTINGS } from './live-answers.ts';
import { Mutator } from './mutator.ts';
import { loadParser, type ParserName, urlOf } from './parsers.ts';
import { type Piece, readPieces } from './pieces.ts';
import { serviceComplaints } from './service-complaints.ts';

/** Inputs for each listener. */
const INPUTS = { brief: 100, full: 10_000 };
const AT_ONCE = 32;
/** A connection that is not over by then never will be. Milliseconds. */
const OVER_MS = 20_000;
const MAX_SHOWN = 5;
const SOURCES = 200;
const MAX_SEED = 2 ** 31 - 1;

interface Door {
  readonly service: string;
  readonly listener: string;
  /** Whose inputs it gets. */
  readonly parser: ParserName;
  readonly env: Readonly<Record<string, string>>;
  readonly check: AnswerCheck;
}

const doors: readonly Door[] = [
  { service: 'echo', listener: 'dialog-tcp', parser: 'dialog', env: {}, check: checkDialog },
  { service: 'daytime', listener: 'session-tcp', parser: 'session', env: {}, check: checkSession },
  {
    ...{ service: 'echo', listener: 'echo-tcp', parser: 'proxy-header' },
    env: { PROXY_PROTOCOL: 'optional', TRUSTED_PROXIES: '127.0.0.0/8' },
    check: checkProxied,
  },
];

/** The same inputs through sockets, to services that run as they always do. */
export const liveListeners: Scenario = {
  name: 'fuzz live listeners',
  area: 'hostile input',
  seconds: { brief: 4, full: 60 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const startedAt = performance.now();
    const broken = (await Promise.all(doors.map((door) => attack(door, INPUTS[scale], seed)))).flat();
    const inputs = doors.length * INPUTS[scale];
    const seconds = (performance.now() - startedAt) / 1_000;
    return {
      load: `${inputs.toLocaleString('en')} connections with an input each`,
      lost: `${broken.length} broke a promise`,
      figures: { 'inputs per second': Math.round(inputs / seconds).toLocaleString('en'), seed: String(seed) },
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

async function attack(door: Door, inputs: number, seed: number): Promise<string[]> {
  const extra = { DIALOG_PORT: String(await freePort()), SESSION_PORT: String(await freePort()) };
  const env = { HOST: '127.0.0.1', LOG_LEVEL: 'info', ...extra, ...LIVE_SETTINGS, ...door.env };
  await using service = await ServiceProcess.start(door.service, env);
  const port = service.port(door.listener);
  const { dictionary, maxBytes, seeds } = await loadParser(urlOf(door.parser));
  const random = new Random(seed);
  const mutator = new Mutator(random, dictionary, maxBytes);
  const corpus = [...seeds, ...readCorpus(door.parser)];
  const broken: string[] = [];
  let left = inputs;
  const client = async (): Promise<void> => {
    while (left > 0 && broken.length < MAX_SHOWN) {
      left -= 1;
      const { pieces: cut } = readPieces(mutator.mutate(corpus));
      // At once half of the time: where no packet comes late, the answer is certain.
      const pieces = random.below(2) === 0 ? cut : joined(cut);
      const localAddress = `127.0.1.${1 + random.below(SOURCES)}`;
      try {
        await send(port, localAddress, pieces, door);
      } catch (error) {
        broken.push(`${door.listener}, seed ${seed}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return [...broken, ...(await harmDone(service, door))];
}

async function send(port: number, localAddress: string, pieces: readonly Piece[], door: Door): Promise<void> {
  using client = new TcpClient(port, { localAddress });
  for (const { bytes } of pieces) {
    if (!client.socket.writable) break;
    client.socket.write(bytes);
    // What follows goes in a packet of its own, more or less.
    await turn();
  }
  client.socket.end();
  const timeout = AbortSignal.timeout(OVER_MS);
  const late = new Promise<'late'>((resolve) => {
    timeout.onabort = () => resolve('late');
  });
  const ended = await Promise.race([client.ended, late]);
  timeout.onabort = null;
  const stream = bytesOf(pieces);
  const shown = JSON.stringify(stream.toString('latin1'));
  promise(ended === 'FIN', () => `${shown} was answered with ${ended}, not with FIN`);
  try {
    door.check(await client.takeAll(), stream, pieces.length);
  } catch (error) {
    throw new Error(`${(error as Error).message}, to ${shown}`);
  }
}

function bytesOf(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

function joined(pieces: readonly Piece[]): Piece[] {
  return pieces.length === 0 ? [] : [{ bytes: bytesOf(pieces), afterGap: false }];
}

/** What is not as it was before the attack, a sentence each. */
async function harmDone(service: ServiceProcess, { listener }: Door): Promise<string[]> {
  try {
    await eventually(async () => {
      const metrics = await service.metrics();
      const open = metrics.sum('l4_tcp_connections_open');
      promise(open === 0, () => `${open} connections are still open`);
      const imbalance = tcpImbalance(metrics, listener);
      promise(imbalance === 0, () => `accepted less open less closed is ${imbalance}`);
    });
    return (await serviceComplaints(service)).map((complaint) => `${listener}: ${complaint}`);
  } catch (error) {
    return [`${listener}, afterwards: ${(error as Error).message}`];
  }
}
