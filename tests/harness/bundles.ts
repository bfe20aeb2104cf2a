/**
 * The global set-up of the tests: bundles the programs that they start, as for the images. From source a program takes two
 * to three times as long to start.
 */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { bundle, bundleService } from '../../scripts/bundle-service.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(root, 'node_modules/.cache/bundles');
const POISON_READS = join(root, 'tests/harness/poison-reads.ts');
/** Bundles that no run has used for this long are deleted. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Services that misbehave on command. */
const fixtures = ['tests/harness/fixtures/obedient-service', 'tests/harness/fixtures/obedient-udp'];

/** Makes the data planes load the module that poisons reads. */
const poison: Plugin = {
  name: 'poison',
  setup({ initialOptions, onLoad }) {
    const entries = Object.values(initialOptions.entryPoints as Readonly<Record<string, string>>);
    onLoad({ filter: /\/worker\.ts$/ }, ({ path }) => {
      if (!entries.includes(path)) return undefined;
      const contents = `import ${JSON.stringify(POISON_READS)};${readFileSync(path, 'utf8')}`;
      return { contents, loader: 'ts' };
    });
  },
};

export async function setup(): Promise<void> {
  // Each project of the configuration calls this.
  if (process.env.BUNDLES) return;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, 'new-'));
  const services = readdirSync(join(root, 'services')).map((name) =>
    bundleService(name, join(made, 'services', name), [poison]),
  );
  const others = fixtures.map((folder) => bundle(join(made, folder), modulesIn(folder), [poison]));
  const alone = ['scripts/start', 'tests/hostile/soak/release-memory'].map((path) =>
    bundle(join(made, dirname(path)), { [basename(path)]: join(root, `${path}.ts`) }),
  );
  await Promise.all([...services, ...others, ...alone]);
  // The name is a hash of the content, so that no run uses or changes the bundles of other code.
  const folder = join(CACHE, digestOf(made));
  try {
    renameSync(made, folder);
  } catch {
    rmSync(made, { recursive: true });
  }
  const now = new Date();
  utimesSync(folder, now, now);
  deleteOld();
  process.env.BUNDLES = folder;
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
}

/** Every module of a folder, by its name. */
function modulesIn(folder: string): Record<string, string> {
  const names = readdirSync(join(root, folder));
  return Object.fromEntries(names.map((name) => [basename(name, '.ts'), join(root, folder, name)]));
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  for (const path of paths) hash.update(path.slice(folder.length)).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

function deleteOld(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    const ageMs =
      Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
    if (ageMs > MAX_AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}
