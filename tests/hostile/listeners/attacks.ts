import type { Random } from '../../harness/random.ts';
import { readCorpus } from '../fuzz/corpus.ts';
import { Mutator } from '../fuzz/mutator.ts';
import { loadParser, type ParserName, urlOf } from '../fuzz/parsers.ts';
import { readPieces } from '../fuzz/pieces.ts';
import type { Mode } from '../listeners.ts';
import type { Scale } from '../scenario.ts';
import type { AttackOptions, Client } from './attack.ts';

export interface Attack {
  readonly name: string;
  readonly options?: AttackOptions;
  clients(mode: Mode, scale: Scale, random: Random): readonly Client[] | Promise<readonly Client[]>;
}

/** Streams of dialogs and sessions whose replies take more than one turn of the service. */
const KIB = 1024;
/** Empty messages with replies of 12 bytes, together more than one turn; the last message is too long and ends it. */
const ENDLESS_DIALOG = `${'\t'.repeat(2_729)}${'x'.repeat(2_100)}`;
/** Requests with megabytes of replies. */
const HELP = 'help\n'.repeat(3_200);
const LONG_ANSWERS: Readonly<Record<string, string>> = { 'dialog-tcp': ENDLESS_DIALOG, 'session-tcp': HELP };

function exchangeOf({ header, request }: Mode): string {
  return header + request + request;
}

function times(count: number, client: (index: number) => Client): Client[] {
  return Array.from({ length: count }, (_, index) => client(index));
}

/** Every way to leave, at every point of an exchange, with all kinds of input. */
export const attacks: readonly Attack[] = [
  {
    name: 'a FIN and a reset after every byte of an exchange',
    clients: (mode) => {
      const exchange = exchangeOf(mode);
      return (['FIN', 'reset'] as const).flatMap((leaves) =>
        times(exchange.length + 1, (sent) => ({ pieces: [exchange.slice(0, sent)], leaves })),
      );
    },
  },
  {
    name: 'one byte at a time',
    clients: ({ header, request }) => times(10, () => ({ pieces: [...header, ...request], leaves: 'FIN' })),
  },
  {
    name: 'a reset while answers wait to be read',
    clients: ({ header, request }) =>
      times(20, (index) => ({
        pieces: [header + request.repeat(1_000)],
        reads: false,
        // Half of the clients leave earlier, at any moment.
        ...(index % 2 === 0 && { until: 'answered' }),
        leaves: 'reset',
      })),
  },
  {
    name: 'a reset after a FIN of either side',
    clients: ({ header, request }) =>
      times(40, (index) => ({
        pieces: [header + request],
        ...(index % 2 === 0 && { until: 'FIN' }),
        leaves: 'FIN, reset',
      })),
  },
  {
    name: 'clients that are gone before they are accepted',
    options: { halted: true },
    clients: ({ header, request }) =>
      times(100, (index) => ({ pieces: index % 2 === 0 ? [header + request] : [], leaves: 'reset' })),
  },
  {
    name: 'as many at once as one source may have',
    // All listeners share this code, so fewer clients are enough.
    clients: ({ name, header, request }) =>
      times(name === 'echo-tcp' ? 1_000 : 100, () => ({ pieces: [header + request], leaves: 'FIN' })),
  },
  {
    name: 'a burst of connections that are reset at once',
    clients: (_mode, scale) => times(scale === 'brief' ? 200 : 900, () => ({ pieces: [], leaves: 'reset' })),
  },
  {
    name: 'a FIN and a reset in the middle of an answer',
    clients: ({ listener, header }) => {
      const long = LONG_ANSWERS[listener];
      if (long === undefined) return [];
      const pieces = [header + long];
      return [
        ...times(3, (): Client => ({ pieces, leaves: 'FIN' })),
        ...times(10, (index): Client => ({ pieces, until: (1 + index) * 12 * KIB, leaves: 'reset' })),
      ];
    },
  },
  {
    name: 'inputs of the fuzzers',
    async clients(mode, scale, random) {
      const own = await inputsOf(mode.parser, random);
      const proxied = await inputsOf('proxy-header', random);
      return times(scale === 'brief' ? 50 : 4_000, () => {
        const hasHeader = mode.header !== '' && random.below(2) === 0;
        const pieces = hasHeader ? proxied() : [...(mode.header === '' ? [] : [mode.header]), ...own()];
        // Half of the inputs are sent at once: without a late packet the reply is certain.
        const sent =
          random.below(2) === 0 ? pieces : [Buffer.concat(pieces.map((piece) => Buffer.from(piece)))];
        return { pieces: sent, leaves: random.pick(['FIN', 'FIN', 'FIN', 'close', 'reset']) };
      });
    },
  },
];

/** Returns a function that makes inputs of a parser, in pieces. */
async function inputsOf(parser: ParserName, random: Random): Promise<() => (string | Buffer)[]> {
  const { dictionary, maxBytes, seeds } = await loadParser(urlOf(parser));
  const mutator = new Mutator(random, dictionary, maxBytes);
  const corpus = [...seeds, ...readCorpus(parser)];
  return () => readPieces(mutator.mutate(corpus)).pieces.map(({ bytes }) => bytes);
}
