import { randomInt } from 'node:crypto';
import { udpImbalance } from '../../harness/balance.ts';
import { eventually } from '../../harness/eventually.ts';
import { Random } from '../../harness/random.ts';
import { ServiceProcess } from '../../harness/service-process.ts';
import { UdpClient } from '../../harness/udp-client.ts';
import type { Scenario } from '../scenario.ts';
import { readCorpus } from './corpus.ts';
import { expectedFormat } from './expected-format.ts';
import { promise } from './fuzzed-parser.ts';
import { checkDaytime, DEFAULT_FORMAT, LIVE_SETTINGS } from './live-answers.ts';
import { Mutator } from './mutator.ts';
import { loadParser, type ParserName, urlOf } from './parsers.ts';
import { serviceComplaints } from './service-complaints.ts';

/** Datagrams for each listener. */
const INPUTS = { brief: 100, full: 10_000 };
const CLIENTS = 8;
/** One datagram in so many comes from a port that gets no answer. */
const GUARDED_ODDS = 8;
/** That of NFS, which the loop guard knows and which any user may have. */
const GUARDED_PORT = 2049;
/** Other tests use those before it, 127.0.0.0/16. */
const FIRST_NETWORK = 16;
const LONGEST_BYTES = 65_507;
const MAX_SHOWN = 5;
const MAX_SEED = 2 ** 31 - 1;

interface Door {
  readonly service: string;
  readonly listener: string;
  /** Whose inputs it gets. */
  readonly parser: ParserName;
  readonly env: Readonly<Record<string, string>>;
  /** @throws Error when this is not the answer to the request */
  check(answer: Buffer, request: Buffer): void;
}

export const doors: readonly Door[] = [
  {
    ...{ service: 'echo', listener: 'echo-udp', parser: 'proxy-header', env: { TCP: 'off' } },
    check: (answer, request) =>
      promise(answer.equals(request), () => `answered with ${answer.length} other bytes`),
  },
  {
    ...{ service: 'udp-daytime', listener: 'daytime-udp', parser: 'session', env: {} },
    check: (answer, request) => {
      checkDaytime(answer.toString('latin1'), expectedFormat(request.toString('latin1'), DEFAULT_FORMAT));
    },
  },
];

/** The same inputs as datagrams: one answer to each that the guard lets pass, none to any other. */
export const liveDatagrams: Scenario = {
  name: 'fuzz live datagrams',
  area: 'hostile input',
  seconds: { brief: 3, full: 20 },
  async run(scale) {
    const seed = randomInt(MAX_SEED);
    const startedAt = performance.now();
    const broken = (await Promise.all(doors.map((door) => attackDoor(door, INPUTS[scale], seed)))).flat();
    const seconds = (performance.now() - startedAt) / 1_000;
    const inputs = doors.length * INPUTS[scale];
    return {
      load: `${inputs.toLocaleString('en')} datagrams with an input each`,
      lost: `${broken.length} broke a promise`,
      figures: { 'inputs per second': Math.round(inputs / seconds).toLocaleString('en'), seed: String(seed) },
      broken: broken.slice(0, MAX_SHOWN),
    };
  },
};

async function attackDoor(door: Door, inputs: number, seed: number): Promise<string[]> {
  const env = { HOST: '127.0.0.1', LOG_LEVEL: 'info', RATE_PER_SOURCE: '0', ...LIVE_SETTINGS, ...door.env };
  await using service = await ServiceProcess.start(door.service, env);
  const broken = await attackDatagrams({
    ...door,
    ...{ port: service.port(door.listener), corpus: await corpusOf(door.parser), inputs, seed },
    metrics: () => service.metrics(),
  });
  return [
    ...broken,
    ...(await serviceComplaints(service)).map((complaint) => `${door.listener}: ${complaint}`),
  ];
}

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
  readonly check: Door['check'];
  /** How long the books may take to balance. Milliseconds. */
  readonly patienceMs?: number;
  /** The books of the service. */
  metrics(): ReturnType<ServiceProcess['metrics']>;
}

/** One datagram at a time: what the kernel drops for want of room would be nobody's fault. Sentences of what broke. */
export async function attackDatagrams(attack: DatagramAttack): Promise<string[]> {
  const { listener, port, corpus, seed } = attack;
  const random = new Random(seed);
  const mutator = corpus.mutator(random);
  await using stack = new AsyncDisposableStack();
  // Others may have the port at the same time, so that each attack has addresses of its own.
  const network = `127.${randomInt(FIRST_NETWORK, 256)}.${randomInt(256)}`;
  const clients: UdpClient[] = [];
  for (let index = 1; index <= CLIENTS; index += 1) {
    clients.push(stack.use(await UdpClient.open(`${network}.${index}`)));
  }
  const guarded = stack.use(await UdpClient.open(`${network}.1`, GUARDED_PORT));
  const broken: string[] = [];
  let [asked, ignored] = [0, 0];
  const ask = async (request: Buffer): Promise<void> => {
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
  await ask(Buffer.alloc(0));
  await ask(random.bytes(LONGEST_BYTES));
  // Answers come in the order of the requests: with the last one here, whatever came twice is here as well.
  const answers = clients.reduce((sum, client) => sum + client.answers.length, 0);
  return [...broken, ...(await booksAreWrong())];

  async function booksAreWrong(): Promise<string[]> {
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
        const sent = metrics.value('l4_udp_datagrams_sent_total', { listener });
        promise(sent === asked, () => `${sent} answers counted to ${asked} requests`);
        const imbalance = udpImbalance(metrics, listener);
        promise(imbalance === 0, () => `received less sent less dropped is ${imbalance}`);
      }, attack.patienceMs);
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
