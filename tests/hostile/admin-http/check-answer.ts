import { promise } from '../fuzz/fuzzed-parser.ts';
import { leaks } from '../leaks.ts';
import { lineOf } from './admin-request.ts';
import { isOwnSentence, sentencesRepeating } from './own-sentences.ts';
import { withoutDesign } from './told-by-design.ts';

/** The end of a body that has no bytes. */
const EMPTY_CHUNK = '0\r\n\r\n';
const HEADERS = [
  ...['cache-control', 'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'retry-after'],
  ...['content-security-policy', 'referrer-policy', 'transfer-encoding', 'x-content-type-options'],
  'x-accel-buffering',
];

/**
 * Every byte of an answer is looked at, whatever its status.
 *
 * @param bytes of the request
 * @throws Error when the answer has another status, tells what it should not, or refuses without a sentence
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
  // Node itself refuses what is no HTTP, without a word.
  if (length === undefined)
    promise(['', EMPTY_CHUNK].includes(body), () => `the answer has a body: ${shown()}`);
  else checkSentence(body.slice(0, Number(length)), bytes);
}

/** @throws Error when an answer tells more than it does by design and than the request itself said */
export function checkTellsNothing(answer: string, bytes: string): void {
  const { path } = lineOf(bytes);
  const repeated = sentencesRepeating(bytes).map((sentence) => JSON.stringify(sentence).slice(1, -1));
  const own = repeated.reduce((rest, sentence) => rest.replaceAll(sentence, ''), answer);
  const told = leaks(withoutDesign(own, path.replace(/\?.*$/s, '')));
  promise(
    told.length === 0,
    () => `the answer tells ${told.slice(0, 5).join(', ')}: ${JSON.stringify(answer.slice(0, 300))}`,
  );
}

function checkSentence(json: string, bytes: string): void {
  const { error } = JSON.parse(json) as { error?: unknown };
  const isOwn = typeof error === 'string' && isOwnSentence(error, bytes);
  promise(isOwn, () => `the answer is no sentence of ours in JSON: ${json}`);
}
