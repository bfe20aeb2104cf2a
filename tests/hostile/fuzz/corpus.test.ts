import { describe, expect, it } from 'vitest';
import { trackedFiles } from '../../repo/tracked-files.ts';
import { readCorpus } from './corpus.ts';
import { loadParser, parserNames, urlOf } from './parsers.ts';

describe.each(parserNames)('the corpus of %s', (name) => {
  it('should break no promise', async () => {
    const parser = await loadParser(urlOf(name));
    const corpus = readCorpus(name);
    expect(corpus.length).toBeGreaterThan(5);
    for (const input of [...parser.seeds, ...corpus]) await parser.attempt(input);
  });
});

it('should have no corpus without a parser', () => {
  const files = trackedFiles.filter((path) => path.startsWith('tests/hostile/fuzz/corpus/'));
  expect(files).toEqual([...parserNames].sort().map((name) => `tests/hostile/fuzz/corpus/${name}.txt`));
});
