import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { importsOf, loadedBy, packageOf } from './imports.ts';
import { read, trackedFiles } from './tracked-files.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage extends Manifest {
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

const OURS = '@echo-daytime/';
const PROGRAM = /\.(ts|mjs)$/;
const SHIPPED = /^(packages|services)\/[^/]+\/(src|ui)\/(?!.*\.test\.ts$)/;
/** The programs that the Dockerfile runs; they import nothing of ours from elsewhere. */
const BUILDS_IMAGES = /^scripts\/(bundle(-service)?\.ts|image\/(?!.*\.test\.ts$))/;
/** Used by name and not by import: the compilers, the checker, the runtime. */
const PROGRAMS = new Map([
  ['@biomejs/biome', 'biome'],
  ['typescript', 'tsc'],
  ['node', 'node'],
]);

const manifests = trackedFiles.filter((path) => /^(packages|services)\/[^/]+\/package\.json$/.test(path));
const rootManifest = JSON.parse(read('package.json')) as Manifest & { scripts: Record<string, string> };
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };

describe.each(manifests)('%s', (path) => {
  const home = path.slice(0, -'/package.json'.length);
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path)) as Manifest;
  const imported = packagesIn((file) => file.startsWith(`${home}/`) && SHIPPED.test(file));

  it('should declare only what the code uses', () => {
    const text = shippedText(home);
    const unused = Object.keys(dependencies).filter(
      (name) => !imported.has(name) && !text.includes(`'${name}/`),
    );
    expect(unused).toEqual([]);
  });

  it('should declare every npm package that the code loads, and leave the tools to the root', () => {
    const loaded = packagesIn((file) => file.startsWith(`${home}/`) && SHIPPED.test(file), loadedBy);
    const used = [...loaded].filter((name) => !name.startsWith(OURS));
    expect(used.filter((name) => dependencies[name] === undefined)).toEqual([]);
    expect(devDependencies).toEqual({});
  });
});

describe('package.json', () => {
  const everywhere = packagesIn((file) => PROGRAM.test(file));

  it('should have development dependencies that are each used', () => {
    const scripts = Object.values(rootManifest.scripts).join('\n');
    const bootstrap = read('scripts/bootstrap.mjs');
    const unused = Object.keys(rootManifest.devDependencies ?? {}).filter((name) => {
      const program = PROGRAMS.get(name);
      if (program !== undefined) return !new RegExp(`\\b${program}\\b`).test(scripts + bootstrap);
      // Types belong to a package that is used; those of Node to all of it.
      const typed = name.startsWith('@types/') ? name.slice('@types/'.length) : name;
      return typed !== 'node' && !everywhere.has(typed) && !loadedByUsed(name);
    });
    expect(unused).toEqual([]);
  });

  /** A package may load another only where its user has it: an optional peer. */
  function loadedByUsed(name: string): boolean {
    return [...everywhere].some(
      (user) => lock.packages[`node_modules/${user}`]?.peerDependenciesMeta?.[name]?.optional,
    );
  }

  it('should have as dependencies what the build of an image loads, which installs nothing else of the root', () => {
    const loaded = packagesIn((file) => BUILDS_IMAGES.test(file), loadedBy);
    expect(Object.keys(rootManifest.dependencies ?? {}).sort()).toEqual([...loaded].sort());
  });

  it('should name every package that a test or a script uses', () => {
    const declared = new Set([
      ...Object.keys(rootManifest.dependencies ?? {}),
      ...Object.keys(rootManifest.devDependencies ?? {}),
      ...manifests.flatMap((path) => Object.keys((JSON.parse(read(path)) as Manifest).dependencies ?? {})),
    ]);
    const used = [...everywhere].filter((name) => !name.startsWith(OURS) && !builtinModules.includes(name));
    expect(used.filter((name) => !declared.has(name))).toEqual([]);
  });

  it('should fix every version', () => {
    const all = [rootManifest, ...manifests.map((path) => JSON.parse(read(path)) as Manifest)];
    const versions = all.flatMap(({ dependencies, devDependencies }) =>
      Object.entries({ ...dependencies, ...devDependencies }),
    );
    expect(versions.length).toBeGreaterThan(10);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const entries = Object.entries(lock.packages);

  it('should have the integrity of every package', () => {
    const fromElsewhere = entries.filter(([path, { link }]) => path.includes('node_modules/') && !link);
    expect(fromElsewhere.length).toBeGreaterThan(100);
    const without = fromElsewhere.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it('should be of the same dependencies as the manifests', () => {
    for (const path of ['package.json', ...manifests]) {
      const { dependencies, devDependencies } = JSON.parse(read(path)) as Manifest;
      const locked = lock.packages[path.replace(/\/?package\.json$/, '')];
      expect(locked?.dependencies, path).toEqual(dependencies);
      expect(locked?.devDependencies, path).toEqual(devDependencies);
    }
  });
});

function packagesIn(filter: (path: string) => boolean, modulesOf = importsOf): ReadonlySet<string> {
  const specifiers = trackedFiles
    .filter((path) => PROGRAM.test(path) && filter(path))
    .flatMap((path) => modulesOf(path));
  return new Set(specifiers.map(packageOf).filter((name) => name !== undefined));
}

function shippedText(home: string): string {
  const files = trackedFiles.filter((path) => path.startsWith(`${home}/`) && SHIPPED.test(path));
  return files.map(read).join('\n');
}
