import { randomInt } from 'node:crypto';
import { udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/free-port.ts';
import type { Metrics } from '../../harness/metrics.ts';
import { Random } from '../../harness/random.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import { readCorpus } from '../fuzz/corpus.ts';
import { Mutator } from '../fuzz/mutator.ts';
import { loadParser, type ParserName, urlOf } from '../fuzz/parsers.ts';
import { listeners } from '../listeners.ts';
import { promise, type Scenario } from '../scenario.ts';
import { complaintsOf, startService } from '../service.ts';
import { checkDaytime, expectedFormat } from './answers.ts';

/** Number of datagrams for each listener. */
const INPUTS = { brief: 100, full: 10_000 };
const CLIENTS = 8;
/** One datagram in this many comes from a port that gets no reply. */
const GUARDED_ODDS = 8;
/** The port of NFS: the loop guard drops it, and any user may bind it. */
const GUARDED_PORT = 2049;
/** Other tests use the networks below, 127.0.0.0/16. */
const FIRST_NETWORK = 16;
/** Nothing, one byte, and the sizes around frames and the longest datagram. Bytes. */
const SIZES = [0, 1, 2, 511, 512, 1_472, 1_473, 8_191, 9_000, 65_506, 65_507];
/** Number of datagrams of a client that closes without waiting for replies. */
const GONE = 50;
const MAX_SHOWN = 5;
const MAX_SEED = 2 ** 31 - 1;

/** @throws Error when this is not the right reply to the request */
type Check = (answer: Buffer, request: Buffer) => void;

export const checks: Readonly<Record<'echo-udp' | 'daytime-udp' | 'stamp-udp', Check>> = {
  'echo-udp': (answer, request) =>
    promise(answer.equals(request), () => `answered with ${answer.length} other bytes`),
  'daytime-udp': (answer, request) =>
    void checkDaytime(answer.toString('latin1'), expectedFormat(request.toString('latin1'))),
  'stamp-udp': (answer, request) => {
    promise(answer.length === request.length, () => `answered with ${answer.length} bytes`);
    promise(answer.subarray(24, 38).equals(request.subarray(0, 14)), () => 'answered another request');
  },
};
/** Whether a datagram is a request of the protocol: it has 44 bytes and a multiplier. Every datagram is one of the others. */
const isStamp = (datagram: Buffer): boolean => datagram.length >= 44 && datagram[13] !== 0;

/** Sends inputs as datagrams: each that passes the guard must get one reply, every other none. */
export const datagramScenario: Scenario = {
  name: 'fuzz live datagrams',
  area: 'hostile input',
  seconds: { brief: 3, full: 20 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const startedAt = performance.now();
    const attacked = Object.keys(checks) as (keyof typeof checks)[];
    const broken = await Promise.all(
      attacked.map(async (listener) => {
        const { service: name, parser, request } = listeners[listener];
        const env = { HOST: '127.0.0.1', RATE_PER_SOURCE: '0', TZ: 'UTC' };
        const ports = listener === 'stamp-udp' ? { STAMP_PORT: String(await freePort()) } : {};
        await using service = await startService(
          name,
          name === 'echo' ? { ...env, ...ports, TCP: 'off' } : env,
        );
        const sentences = await attackDatagrams({
          ...{
            listener,
            port: service.port(listener),
            corpus: await corpusOf(parser),
            check: checks[listener],
            request: Buffer.from(request, 'latin1'),
            ...(listener === 'stamp-udp' && { isRequest: isStamp }),
          },
          ...{ inputs: INPUTS[scale], seed, metrics: () => service.metrics() },
        });
        return [
          ...sentences,
          ...(await complaintsOf(service)).map((complaint) => `${listener}: ${complaint}`),
        ];
      }),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const inputs = attacked.length * INPUTS[scale];
    return {
      load: `${inputs.toLocaleString('en')} datagrams with an input each`,
      lost: `${broken.flat().length} broke a promise`,
      figures: { 'inputs per second': Math.round(inputs / seconds).toLocaleString('en'), seed: String(seed) },
      broken: broken.flat().slice(0, MAX_SHOWN),
    };
  },
};

interface Corpus {
  readonly inputs: readonly Buffer[];
  readonly mutator: (random: Random) => Mutator;
}

export async function corpusOf(parser: ParserName): Promise<Corpus> {
  const { dictionary, maxBytes, seeds } = await loadParser(urlOf(parser));
  const inputs = [Buffer.alloc(0), ...seeds, ...readCorpus(parser)];
  return { inputs, mutator: (random) => new Mutator(random, dictionary, maxBytes) };
}

export interface DatagramAttack {
  readonly listener: string;
  readonly port: number;
  readonly corpus: Corpus;
  readonly inputs: number;
  readonly seed: number;
  readonly check: Check;
  /** What clients send that close without waiting. */
  readonly request: Buffer;
  /** Which datagrams get a reply; default: all. */
  readonly isRequest?: (datagram: Buffer) => boolean;
  /** How long the counts may take to balance. Milliseconds. */
  readonly timeoutMs?: number;
  metrics(): Promise<Metrics>;
}

/** Sends one datagram at a time, so that no receive buffer overflows. @returns a sentence for each broken promise */
export async function attackDatagrams(attack: DatagramAttack): Promise<string[]> {
  const { listener, port, corpus, seed } = attack;
  const random = new Random(seed);
  const mutator = corpus.mutator(random);
  await using stack = new AsyncDisposableStack();
  // Each attack has its own addresses, because other tests may use the port at the same time.
  const network = `127.${randomInt(FIRST_NETWORK, 256)}.${randomInt(256)}`;
  const clients: UdpClient[] = [];
  for (let index = 1; index <= CLIENTS; index += 1) {
    clients.push(stack.use(await UdpClient.open(`${network}.${index}`)));
  }
  const guarded = stack.use(await UdpClient.open(`${network}.1`, GUARDED_PORT));
  const broken: string[] = [];
  let [asked, ignored, refused] = [0, 0, 0];
  const { isRequest = () => true } = attack;
  const ask = async (request: Buffer): Promise<void> => {
    if (!isRequest(request)) {
      refused += 1;
      random.pick(clients).send(request, port);
      return;
    }
    asked += 1;
    try {
      attack.check(await random.pick(clients).ask(request, port), request);
    } catch (error) {
      broken.push(`${listener}, seed ${seed}: ${(error as Error).message}, to ${shown(request)}`);
    }
  };
  for (let left = attack.inputs; left > 0 && broken.length < MAX_SHOWN; left -= 1) {
    const request = mutator.mutate(corpus.inputs);
    if (random.below(GUARDED_ODDS) > 0) await ask(request);
    else {
      guarded.send(request, port);
      ignored += 1;
    }
  }
  for (let client = 0; client < GONE; client += 1) {
    await using gone = await UdpClient.open(`${network}.${CLIENTS + 1}`);
    await new Promise((resolve) => gone.socket.send(attack.request, port, '127.0.0.1', resolve));
  }
  for (const size of SIZES) await ask(random.bytes(size));
  // Replies come in the order of the requests: when the last has come, all duplicates have come too.
  const answers = clients.reduce((sum, client) => sum + client.answers.length, 0);
  return [...broken, ...(await miscounts())];

  async function miscounts(): Promise<string[]> {
    try {
      promise(answers === asked, () => `${answers} answers to ${asked} requests`);
      promise(
        guarded.answers.length === 0,
        () => `${guarded.answers.length} answers to port ${GUARDED_PORT}`,
      );
      await eventually(async () => {
        const metrics = await attack.metrics();
        const dropped = metrics.value('l4_udp_datagrams_dropped_total', { listener, reason: 'source_port' });
        promise(
          dropped === ignored,
          () => `${dropped} of ${ignored} datagrams dropped for their source port`,
        );
        const [short = 0, corrupt = 0] = ['too_short', 'malformed'].map((reason) =>
          metrics.value('l4_udp_datagrams_dropped_total', { listener, reason }),
        );
        promise(
          short + corrupt === refused,
          () => `${short + corrupt} of ${refused} datagrams dropped that are no request`,
        );
        const sent = metrics.value('l4_udp_datagrams_sent_total', { listener });
        promise(sent === asked + GONE, () => `${sent} answers counted to ${asked + GONE} requests`);
        const imbalance = udpImbalance(metrics, listener);
        promise(imbalance === 0, () => `received less sent less dropped is ${imbalance}`);
      }, attack.timeoutMs);
      return [];
    } catch (error) {
      return [`${listener}, seed ${seed}, afterwards: ${(error as Error).message}`];
    }
  }
}

const MAX_SHOWN_BYTES = 500;

function shown(request: Buffer): string {
  return JSON.stringify(request.subarray(0, MAX_SHOWN_BYTES).toString('latin1'));
}
