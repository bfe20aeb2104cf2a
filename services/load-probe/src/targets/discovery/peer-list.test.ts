import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_PEERS, PeerList } from './peer-list.ts';

/** Answers to the lookups of both families. */
const of = (addresses: readonly string[]) =>
  new Map([
    [4, addresses.filter((address) => !address.includes(':'))],
    [6, addresses.filter((address) => address.includes(':'))],
  ] as const);

it('should add an address at once, and remove it after two answers without it', () => {
  const list = new PeerList();
  expect(list.answer(of(['10.0.0.10', '10.0.0.9']))).toEqual({
    added: ['10.0.0.10', '10.0.0.9'],
    removed: [],
  });
  expect(list.addresses).toEqual(['10.0.0.9', '10.0.0.10']);
  expect(list.answer(of(['10.0.0.9']))).toEqual({ added: [], removed: [] });
  expect(list.addresses).toEqual(['10.0.0.9', '10.0.0.10']);
  expect(list.answer(of(['10.0.0.9']))).toEqual({ added: [], removed: ['10.0.0.10'] });
  expect(list.addresses).toEqual(['10.0.0.9']);
});

it('should keep an address that is missing from every other answer', () => {
  const list = new PeerList();
  list.answer(of(['::1', '::2']));
  for (const answer of [['::1'], ['::2'], ['::1'], ['::2']]) {
    expect(list.answer(of(answer))).toEqual({ added: [], removed: [] });
  }
  expect(list.addresses).toEqual(['::1', '::2']);
});

it('should keep the addresses of a family without an answer', () => {
  const list = new PeerList();
  list.answer(of(['10.0.0.7', '::7']));
  for (let answers = 1; answers <= 3; answers += 1) list.answer(new Map([[4, ['10.0.0.8']]]));
  expect(list.addresses).toEqual(['::7', '10.0.0.8']);
  for (let answers = 1; answers <= 2; answers += 1) list.answer(new Map([[6, []]]));
  expect(list.addresses).toEqual(['10.0.0.8']);
});

it('should keep the oldest when there are too many, and add another when one is removed', () => {
  const all = Array.from({ length: MAX_PEERS + 3 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  const list = new PeerList();
  list.answer(of(all.slice(3)));
  expect(list.answer(of(all))).toEqual({ added: [], removed: [] });
  expect(list.addresses).toHaveLength(MAX_PEERS);
  expect(list.omitted).toBe(3);
  list.answer(of(all.slice(0, -1)));
  expect(list.answer(of(all.slice(0, -1)))).toEqual({ added: [all[0]], removed: [all.at(-1)] });
  expect(list.omitted).toBe(2);
});

it('should have the addresses of the last two answers, after any answers', () => {
  const address = fc.integer({ min: 1, max: 6 }).map((n) => `192.0.2.${n}`);
  fc.assert(
    fc.property(fc.array(fc.array(address), { minLength: 1 }), (answers) => {
      const list = new PeerList();
      const following = new Set<string>();
      for (const [index, answer] of answers.entries()) {
        const { added, removed } = list.answer(of(answer));
        for (const one of added) following.add(one);
        for (const one of removed) following.delete(one);
        const expected = new Set([...answer, ...(answers[index - 1] ?? [])]);
        expect(list.addresses).toEqual([...expected].sort());
        expect([...following].sort()).toEqual([...expected].sort());
      }
    }),
  );
});
