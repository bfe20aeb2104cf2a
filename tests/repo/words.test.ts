import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { read, trackedFiles } from './tracked-files.ts';

/** Each with what the field says; only words that mean nothing else as part of a name. */
const SAY: Readonly<Record<string, string>> = {
  besiege: 'attack',
  books: 'counters, counts',
  claim: 'acquire',
  claims: 'ConnectionLimit',
  crowd: 'flood',
  deaf: 'a handler that ignores',
  'direct-wire': 'EpollTransport',
  enrol: 'assign',
  fate: 'picked faults',
  forfeit: 'releaseAll',
  intake: 'acceptor',
  judgement: 'policy',
  owe: 'is pending',
  owed: 'pending, unsent',
  patience: 'idle timer, timeout',
  'plain-wire': 'NetTransport',
  pulse: 'watchdog, heartbeat',
  roomy: 'onReady, capacity',
  roster: 'assignments',
  siege: 'attack',
  slate: 'report',
  stillness: 'missed beats',
  unendable: 'unkillable',
  verdict: 'result',
  witness: 'control',
};

/** Names that are there today. A name that is gone leaves the list; none joins it. */
const STILL_THERE: readonly string[] = ['verdict'];

const CODE = /\.(ts|c|h|sh|mjs)$/;
const COMMENT = /\/\*.*?\*\/|(?<!:)\/\/[^\n]*/gs;
const TEXT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
const NAMED = new RegExp(`(^|-)(${Object.keys(SAY).join('|')})(-|$)`);

/** `takeSentBytes` and `TAKE_SENT_BYTES` → `take-sent-bytes` */
function wordsOf(name: string): string {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).join('-').toLowerCase();
}

function namesIn(path: string): string[] {
  const identifiers = CODE.test(path)
    ? (read(path)
        .replace(COMMENT, ' ')
        .replace(TEXT, ' ')
        .match(/[A-Za-z_]\w*/g) ?? [])
    : [];
  return [basename(path), ...identifiers];
}

it('should know the words of a name', () => {
  expect(['takeOwedBytes', 'OWED_BYTES', 'owed_of', 'un-owed.ts'].map(wordsOf)).toEqual([
    'take-owed-bytes',
    'owed-bytes',
    'owed-of',
    'un-owed-ts',
  ]);
  expect(['PlainWire', 'owedBytes'].every((name) => NAMED.test(wordsOf(name)))).toBe(true);
  expect(['lowered', 'bookshelf'].some((name) => NAMED.test(wordsOf(name)))).toBe(false);
});

it('should name nothing by a word that the field has another one for', () => {
  const names = new Set(trackedFiles.filter((path) => path !== 'tests/repo/words.test.ts').flatMap(namesIn));
  const wrong = [...names].filter((name) => NAMED.test(wordsOf(name))).sort();
  expect(wrong, 'say what SAY has at the right').toEqual([...STILL_THERE].sort());
  expect(names.size).toBeGreaterThan(5_000);
});
