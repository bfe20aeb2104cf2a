import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { unescapeC } from '@echo-daytime/c-escapes';

/** The data to send. */
export type Outgoing =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | {
      readonly kind: 'lines';
      readonly count: number;
      readonly each: LineTemplate;
      readonly intervalMs: number;
    }
  | { readonly kind: 'stream'; readonly stream: Readable }
  | { readonly kind: 'nothing' };

/** Line number n, from 1. */
export type LineTemplate = (n: number) => Buffer;

const FIRST_PRINTABLE = 0x20;
/** More than any datagram holds, so that the system refuses data that is too long and nothing is cut silently. */
const MAX_COLLECTED_BYTES = 65_536;

/**
 * Reads the template of a line: `{n}` is its number. A line ends with a line feed unless the template ends with a
 * control character of its own, such as `\r\n` or the `\t` of a dialog.
 *
 * @throws Error that shows a bad escape and lists what is allowed
 */
export function readLineTemplate(text: string): LineTemplate {
  const parts = text.split('{n}').map(unescapeC);
  const last = parts.at(-1)?.at(-1);
  const end = Buffer.from(last !== undefined && last < FIRST_PRINTABLE ? '' : '\n');
  return (n) => {
    const number = Buffer.from(String(n));
    const line = parts.flatMap((part, index) => (index === 0 ? [part] : [number, part]));
    return Buffer.concat([...line, end]);
  };
}

/**
 * The pieces to send, each when it is due.
 *
 * @throws AbortError when aborted in a pause
 */
export async function* outgoingBytes(outgoing: Outgoing, signal: AbortSignal): AsyncGenerator<Buffer> {
  switch (outgoing.kind) {
    case 'data':
      yield outgoing.bytes;
      break;
    case 'lines':
      for (let n = 1; n <= outgoing.count; n += 1) {
        if (n > 1 && outgoing.intervalMs > 0) await setTimeout(outgoing.intervalMs, undefined, { signal });
        yield outgoing.each(n);
      }
      break;
    case 'stream':
      yield* outgoing.stream;
      break;
    case 'nothing':
      break;
  }
}

/**
 * The same for datagrams. A whole stream becomes one datagram. Without any data one empty datagram is sent, which is a
 * complete request to a daytime service.
 *
 * @throws AbortError when aborted before the stream has ended
 */
export async function outgoingDatagrams(outgoing: Outgoing, signal: AbortSignal): Promise<Outgoing> {
  if (outgoing.kind === 'nothing') return { kind: 'data', bytes: Buffer.alloc(0) };
  if (outgoing.kind !== 'stream') return outgoing;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, outgoing.stream) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_COLLECTED_BYTES) break;
  }
  return { kind: 'data', bytes: Buffer.concat(chunks).subarray(0, MAX_COLLECTED_BYTES) };
}
