import { lineOf } from './admin-request.ts';

/** Characters of a path that an answer repeats. */
const MAX_REPEATED = 200;

const SENTENCES = [
  /^the request is malformed: its path, its body or its length$/,
  /^the body is too long$/,
  /^span=\S+ must be one of 10m, 1h, 6h$/,
  /^buckets=\S+ must be a whole number from 1 to 2000$/,
  /^there is no parameter \w+; the parameters are span and buckets$/,
  /^all 100 event streams are taken; close a page or try again later$/,
];
/** What may follow where a listener has no such name. */
const NAMES = /^(?:; there are [\w-]+(?:, [\w-]+)*)?$/;

/** Whether a refusal is in our words: those of a router or a parser would tell which one it is, without a name. */
export function isOwnSentence(error: string, bytes: string): boolean {
  const repeating = sentencesRepeating(bytes).find((sentence) => error.startsWith(sentence));
  if (repeating !== undefined) return NAMES.test(error.slice(repeating.length));
  return SENTENCES.some((sentence) => sentence.test(error));
}

/** The sentences that name what was asked for: a stranger may ask for any path. */
export function sentencesRepeating(bytes: string): readonly string[] {
  const { method, path } = lineOf(bytes);
  const [, encoded = ''] = /^\/(?:api\/targets|faults)\/([^?]*)/.exec(path) ?? [];
  const id = decoded(encoded);
  return [
    `nothing at ${method} ${path.slice(0, MAX_REPEATED)}`,
    `there is no target ${id}`,
    `no listener ${JSON.stringify(id)}`,
  ];
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
