import { read } from './tracked-files.ts';

const FROM = /^\s*(?:import|export)\b[^'";=()]*\bfrom\s*(['"])(?<module>[^'"\n]+)\1/gm;
const BARE = /^\s*import\s*(['"])(?<module>[^'"\n]+)\1/gm;
const CALL = /\b(?:import|require(?:\.resolve)?)\(\s*(['"])(?<module>[^'"\n]+)\1/g;

/** Every module that a file names in an import or re-export, those of types too. */
export function importsOf(path: string): string[] {
  const source = read(path);
  return [FROM, BARE, CALL]
    .flatMap((pattern) => [...source.matchAll(pattern)])
    .map(({ groups }) => groups?.module ?? '');
}

/** Those of `importsOf` that are there when the program runs: imports of types alone are erased. */
export function loadedBy(path: string): string[] {
  const types = new Set(
    [...read(path).matchAll(FROM)]
      .filter(([text]) => /^\s*(import|export)\s+type\b/.test(text))
      .map(({ groups }) => groups?.module ?? ''),
  );
  return importsOf(path).filter((specifier) => !types.has(specifier));
}

/** The npm package of a module specifier; undefined for files and for what is part of Node. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./]/.test(specifier) || specifier.startsWith('node:')) return undefined;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}
