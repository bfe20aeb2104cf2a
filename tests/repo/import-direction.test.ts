import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, packageOf } from './imports.ts';
import { typeScriptFiles } from './tracked-files.ts';

const OURS = '@echo-daytime/';
const CODE = /^(packages|services)\/([^/]+)\/(src|ui)\/(?!.*\.test\.ts$)/;

/** Which of our packages a package may import, and whether it may import npm packages. */
const allowed: Readonly<Record<string, { readonly ours: readonly string[]; readonly npm: boolean }>> = {
  'packages/worker': { ours: [], npm: false },
  'packages/addresses': { ours: [], npm: false },
  'packages/c-escapes': { ours: [], npm: false },
  'packages/daytime-format': { ours: [], npm: false },
  'packages/diagnosis': { ours: [], npm: false },
  'packages/stamp': { ours: [], npm: false },
  'packages/linux': { ours: [], npm: false },
  'packages/sockets': { ours: ['addresses', 'linux', 'worker'], npm: true },
  'packages/runtime': { ours: ['addresses', 'linux', 'worker'], npm: true },
};
/** The page imports packages from where the status server has them. */
const SERVED = '../vendor/';

const code = typeScriptFiles.filter((path) => CODE.test(path));

describe('imports', () => {
  it('should be found in the code, or nothing below means anything', () => {
    expect(importsOf('services/echo/src/listeners.ts')).toEqual([
      '@echo-daytime/sockets',
      '@echo-daytime/stamp',
      '@echo-daytime/worker',
      './config.ts',
      './dialog/dialog-tcp.ts',
      './echo-tcp.ts',
      './echo-udp.ts',
      './stamp/stamp-udp.ts',
    ]);
    expect(importsOf('packages/runtime/src/log.ts')).toContain('pino-pretty');
    expect(code.length).toBeGreaterThan(40);
  });

  it('should run one way: services to packages, packages to what is below them', () => {
    const wrong = code.flatMap((path) => {
      const home = homeOf(path);
      const rule = allowed[home];
      return importsOf(path)
        .filter((specifier) => {
          const name = packageOf(specifier);
          if (name === undefined) return false;
          if (!name.startsWith(OURS)) return rule?.npm === false;
          const target = name.slice(OURS.length);
          const isPackage = typeScriptFiles.includes(`packages/${target}/src/index.ts`);
          return !isPackage || (home.startsWith('packages/') && !rule?.ours.includes(target));
        })
        .map((specifier) => `${path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  it('should lead tests of a package or service to their own files and tests/harness alone, or to packages below', () => {
    const tests = typeScriptFiles.filter((path) => /^(packages|services)\//.test(path) && !CODE.test(path));
    const wrong = tests.flatMap((path) => {
      const home = homeOf(path);
      return importsOf(path)
        .filter((specifier) => {
          if (specifier.startsWith('.')) {
            const target = normalize(join(dirname(path), specifier));
            return !target.startsWith(`${home}/`) && !target.startsWith('tests/harness/');
          }
          if (!specifier.startsWith(OURS)) return false;
          const target = packageOf(specifier)!.slice(OURS.length);
          const below = allowed[home]?.ours ?? Object.keys(allowed).map((path) => path.split('/')[1]);
          return home !== `packages/${target}` && !below.includes(target);
        })
        .map((specifier) => `${path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
    expect(tests.length).toBeGreaterThan(100);
  });

  it('should know every package', () => {
    const packages = new Set(code.filter((path) => path.startsWith('packages/')).map(homeOf));
    expect([...packages].sort()).toEqual(Object.keys(allowed).sort());
  });

  it('should not reach into another package or service by path', () => {
    const wrong = code.flatMap((path) =>
      importsOf(path)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !normalize(join(dirname(path), specifier)).startsWith(`${homeOf(path)}/`))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('should name built-in modules with node: and files with their ending', () => {
    const builtin =
      /^(assert|buffer|child_process|dgram|dns|events|fs|http|net|os|path|stream|url|util)(\/|$)/;
    const wrong = typeScriptFiles.flatMap((path) =>
      importsOf(path)
        .filter((specifier) => !specifier.startsWith(SERVED))
        .filter(
          (specifier) =>
            builtin.test(specifier) || (specifier.startsWith('.') && !/\.(ts|mjs|json)$/.test(specifier)),
        )
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

/** `packages/worker/src/connection-limit.ts` → `packages/worker` */
function homeOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
