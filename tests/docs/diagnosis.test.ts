import { causeNames, causeSpec, experimentNames, experiments, questions } from '@echo-daytime/diagnosis';
import { expect, it } from 'vitest';
import { plain, tableOf } from '../harness/markdown.ts';

const PAGE = 'docs/diagnosis.md';

function rowsOf(heading: string): string[][] {
  return tableOf(PAGE, heading).map((row) => row.map(plain));
}

it('should have every cause, in the order in which one of several is named', () => {
  const causes = causeNames.map((cause) => [cause, causeSpec(cause).layer ?? '–', causeSpec(cause).means]);
  expect(rowsOf('Causes')).toEqual(causes);
});

it('should have every experiment, with what it varies and holds and asks', () => {
  const asked = experimentNames.map((name) => {
    const { asks, holds, varies } = experiments[name];
    return [name, varies, holds, asks.map((question) => questions[question].whether).join('; ')];
  });
  expect(rowsOf('Experiments')).toEqual(asked);
});
