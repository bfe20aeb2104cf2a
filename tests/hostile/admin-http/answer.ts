import { leaks } from '../leaks.ts';
import { promise } from '../scenario.ts';
import { withoutDesign } from './disclosed-by-design.ts';

/** The end of a body that has no bytes. */
const EMPTY_CHUNK = '0\r\n\r\n';
const HEADERS = [
  ...['cache-control', 'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'retry-after'],
  ...['content-security-policy', 'referrer-policy', 'transfer-encoding', 'x-content-type-options'],
  ...['vary', 'x-accel-buffering'],
];

/**
 * Checks every byte of a response, with any status.
 *
 * @param bytes of the request
 * @throws Error when the response has another status, discloses internals, or refuses without an error message of ours
 */
export function checkAnswer(answer: string, bytes: string, expected: number): void {
  const shown = (): string => JSON.stringify(answer.slice(0, 300));
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  promise(status === expected, () => `answered ${shown()}, expected was ${expected}`);
  checkTellsNothing(answer, bytes);
  const { method } = lineOf(bytes);
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  const names = [...head.matchAll(/^([^:\r\n]+): /gm)].map(([, name]) => name!.toLowerCase());
  const odd = names.filter((name) => !HEADERS.includes(name));
  promise(odd.length === 0, () => `the answer has a header ${odd.join(', ')}: ${shown()}`);
  if (method === 'HEAD') {
    promise(body === '', () => `the answer to HEAD has a body: ${shown()}`);
    return;
  }
  if (status < 400) return;
  const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
  // Node itself refuses bytes that are no HTTP, without a body.
  if (length === undefined)
    promise(['', EMPTY_CHUNK].includes(body), () => `the answer has a body: ${shown()}`);
  else checkSentence(body.slice(0, Number(length)), bytes);
}

/** @throws Error when a response discloses more than it must by design, and more than it repeats of the request */
export function checkTellsNothing(answer: string, bytes: string): void {
  const { path } = lineOf(bytes);
  const repeated = sentencesRepeating(bytes).map((sentence) => JSON.stringify(sentence).slice(1, -1));
  const own = repeated.reduce((rest, sentence) => rest.replaceAll(sentence, ''), answer);
  const found = leaks(withoutDesign(own, path.replace(/\?.*$/s, '')));
  promise(
    found.length === 0,
    () => `the response discloses ${found.slice(0, 5).join(', ')}: ${JSON.stringify(answer.slice(0, 300))}`,
  );
}

function checkSentence(json: string, bytes: string): void {
  const { error } = JSON.parse(json) as { error?: unknown };
  const isOwn = typeof error === 'string' && isOwnSentence(error, bytes);
  promise(isOwn, () => `the answer is no sentence of ours in JSON: ${json}`);
}

/** Maximum characters of a path that a response repeats. */
const MAX_REPEATED = 200;

const SENTENCES = [
  /^the request is malformed: its path, its body or its length$/,
  /^the body is too long$/,
  /^span=\S+ must be one of 10m, 1h, 6h$/,
  /^buckets=\S+ must be a whole number from 1 to 2000$/,
  /^there is no parameter \w+; the parameters are span and buckets$/,
  /^all 100 event streams are taken; close a page or try again later$/,
];
/** What may follow the error about an unknown listener. */
const NAMES = /^(?:; there are [\w-]+(?:, [\w-]+)*)?$/;

/** Whether an error message is ours: the message of a router or a parser would disclose which software it is. */
function isOwnSentence(error: string, bytes: string): boolean {
  const repeating = sentencesRepeating(bytes).find((sentence) => error.startsWith(sentence));
  if (repeating !== undefined) return NAMES.test(error.slice(repeating.length));
  return SENTENCES.some((sentence) => sentence.test(error));
}

/** The messages that repeat a part of the request, which may contain anything. */
function sentencesRepeating(bytes: string): readonly string[] {
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

/** Method and path, as the response may repeat them. */
function lineOf(bytes: string): { readonly method: string; readonly path: string } {
  const [, method = '', path = ''] = /^(\S+) (\S+)/.exec(bytes) ?? [];
  return { method, path };
}
