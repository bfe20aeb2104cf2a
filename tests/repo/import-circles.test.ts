import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { typeScriptFiles } from './tracked-files.ts';

/** The files of its folder or package that a file imports, those of types too. */
function importedBy(path: string): readonly string[] {
  return importsOf(path)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(dirname(path), specifier)));
}

/** Each circle as its files in order, the first again at its end; of circles that share files one. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const from = way.indexOf(path);
    if (from >= 0) circles.push([...way.slice(from), path].join(' → '));
    if (from >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

it('should find a circle where there is one', () => {
  const imports = new Map([
    ['a', ['b', 'c']],
    ['b', ['c']],
    ['c', ['d']],
    ['d', ['b']],
  ]);
  expect(circlesIn(imports)).toEqual(['b → c → d → b']);
});

it('should be no circle of imports, those of types included', () => {
  const imports = new Map(typeScriptFiles.map((path) => [path, importedBy(path)]));
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
  expect(circlesIn(imports)).toEqual([]);
});
