import { expect, it } from 'vitest';
import { alone } from '../../vitest.config.ts';
import { read, typeScriptFiles } from './tracked-files.ts';

it('should replace modules only in test files that have a process of their own', () => {
  const mocking = typeScriptFiles.filter(
    (path) => path.endsWith('.test.ts') && /\bvi\.(do)?[mM]ock\(/.test(read(path)),
  );
  expect(mocking).toContain('services/load-probe/test/network/names.test.ts');
  expect(mocking.filter((path) => !alone.includes(path))).toEqual([]);
});
