import { describe, expect, it } from 'vitest';
import { type AnswerMatch, SentDatagrams } from './sent-datagrams.ts';

function sent(...texts: string[]): SentDatagrams {
  const datagrams = new SentDatagrams();
  for (const text of texts) datagrams.add(Buffer.from(text));
  return datagrams;
}

function answer(datagrams: SentDatagrams, ...texts: string[]): AnswerMatch[] {
  return texts.map((text) => datagrams.match(Buffer.from(text)));
}

describe('replies to datagrams', () => {
  it('should belong to the datagram that they echo, in any order', () => {
    const datagrams = sent('a', 'b', 'c');
    expect(answer(datagrams, 'c', 'a')).toEqual([
      { kind: 'echo', datagram: 3 },
      { kind: 'echo', datagram: 1 },
    ]);
    expect(datagrams.answers).toMatchObject({ echoes: 2, unanswered: 1, unansweredNumbers: [2] });
  });

  it('should not count for another datagram when they are duplicates', () => {
    const datagrams = sent('a', 'b', 'c', 'd');
    expect(answer(datagrams, 'd', 'd', 'b', 'b', 'd')[4]).toEqual({ kind: 'duplicate', datagram: 4 });
    expect(datagrams.answers).toMatchObject({ duplicates: 3, unanswered: 2, unansweredNumbers: [1, 3] });
  });

  it('should be counted where datagrams have the same bytes', () => {
    const datagrams = sent('a', 'a', '', 'a');
    answer(datagrams, 'a', '', 'a');
    expect(datagrams.answers).toMatchObject({ echoes: 3, duplicates: 0, unansweredNumbers: [4] });
    answer(datagrams, 'a', 'a');
    expect(datagrams.answers).toMatchObject({ echoes: 4, duplicates: 1, unanswered: 0 });
  });

  it('should only be counted where no reply is an echo', () => {
    const datagrams = sent('a', 'b', 'c');
    answer(datagrams, 'ok', 'ok');
    expect(datagrams.answers).toMatchObject({ unmatched: 2, repeats: 1, unanswered: 1 });
    expect(datagrams.answers.unansweredNumbers).toBeUndefined();
    answer(datagrams, 'no');
    expect(datagrams.answers).toMatchObject({ unmatched: 3, repeats: 1, unanswered: 0 });
  });

  it('should not count for a datagram that was sent after them', () => {
    const datagrams = sent('a');
    answer(datagrams, 'ok', 'ok', 'ok');
    datagrams.add(Buffer.from('b'));
    expect(datagrams.unanswered).toBe(1);
  });

  it('should not count where other replies are echoes', () => {
    const datagrams = sent('a', 'b');
    answer(datagrams, 'x', 'y', 'b');
    expect(datagrams.answers).toMatchObject({ unmatched: 2, unanswered: 1, unansweredNumbers: [1] });
  });
});
