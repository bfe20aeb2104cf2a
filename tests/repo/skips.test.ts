import { expect, it } from 'vitest';
import { read, typeScriptFiles } from './tracked-files.ts';

it('should skip no test without a reason', () => {
  const silent = /\b(?:it|describe|test)\b[\w.]*\.(?:skip|skipIf|runIf|todo)\b|\bcontext\.skip\(\)/;
  const wrong = typeScriptFiles
    .filter((path) => /\.test\.ts$|\/harness\//.test(path))
    .filter((path) => silent.test(read(path)));
  expect(wrong, 'skip by skipFor(reason) of tests/harness/skip-for.ts or by context.skip(reason)').toEqual(
    [],
  );
});
