import { type FormatName, formats, parseDaytime } from '@echo-daytime/daytime-format';
import type { CountedListener } from './accounting.ts';
import { Conversation, IntegrityError } from './conversation.ts';
import type { Load } from './load.ts';

const NEWLINE = 0x0a;
/** `MAX_REQUEST`, bytes. */
const MAX_REQUEST = 128;
const MOST_PIPELINED = 5;
/** Maximum age of a reply on a busy machine. */
const CLOCK_TOLERANCE_MS = 30_000;
const DEFAULT_FORMAT: FormatName = 'rfc867';

/** Reads one line; sometimes sends unexpected bytes first. */
export async function oneShot(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  if (load.random.below(4) === 0) conversation.send(load.bytes(1 + load.random.below(4_096)));
  expectNow(load, await conversation.until(NEWLINE), DEFAULT_FORMAT, to);
  await conversation.ended('server');
}

/** One session: requests for every format, some pipelined, some hostile, and one of the ways to end it. */
export async function session(load: Load, to: CountedListener): Promise<void> {
  using conversation = await Conversation.open(to);
  for (let turns = load.random.below(40); turns > 0 && !load.isOver; turns -= 1) {
    const requests = Array.from({ length: 1 + load.random.below(MOST_PIPELINED) }, () =>
      load.random.pick([...formats, undefined]),
    );
    conversation.send(Buffer.concat(requests.map((format) => requestBytes(load, format))));
    for (const format of requests) {
      expectNow(load, await conversation.until(NEWLINE), format ?? DEFAULT_FORMAT, to);
    }
    await load.pause(20, 300);
  }
  const way = load.random.pick(['fin', 'fin', 'reset', 'idle', 'too long']);
  if (way === 'reset') return await conversation.reset();
  if (way === 'idle') return await conversation.ended('idle');
  if (way === 'too long') {
    conversation.send(withoutNewlines(load.bytes(MAX_REQUEST + 2 + load.random.below(1_000))));
    const answer = (await conversation.until(NEWLINE)).toString('latin1');
    if (!answer.startsWith(`error: request longer than ${MAX_REQUEST} bytes; `)) {
      throw new IntegrityError(`a request that was too long was answered ${answer}`);
    }
    return await conversation.ended('protocol');
  }
  return await conversation.finish();
}

/** Checks a line, and counts it. */
export function expectNow(load: Load, line: Buffer, format: FormatName, to: CountedListener): void {
  const text = line.toString('latin1');
  let instant: bigint;
  try {
    ({ instant } = parseDaytime(text, { format }));
  } catch (error) {
    throw new IntegrityError(`${format} was answered ${JSON.stringify(text)}`, { cause: error });
  }
  if (Math.abs(Number(instant / 1_000_000n) - Date.now()) > CLOCK_TOLERANCE_MS) {
    throw new IntegrityError(`${format} was answered ${JSON.stringify(text)}, which is not now`);
  }
  to.addBy('l4_daytime_replies_total', { format });
  load.findings.exchanges += 1;
}

/** The request for a format; without a format, bytes that name none. */
function requestBytes(load: Load, format: FormatName | undefined): Buffer {
  return Buffer.concat([
    format === undefined ? withoutNewlines(load.bytes(load.random.below(MAX_REQUEST))) : Buffer.from(format),
    Buffer.from('\n'),
  ]);
}

function withoutNewlines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === NEWLINE ? 0 : byte)));
}
