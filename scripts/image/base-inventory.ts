/**
 * Prints, as JSON, the components of an image that are not ours: Node, the Debian packages of its files, and the files
 * written by the Dockerfile. It runs where those packages are installed.
 *
 * usage: node base-inventory.ts ROOTFS   (a folder of files, each at the path it has in the image)
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface InventoryFile {
  /** Path in the image, such as `/usr/local/bin/node`. */
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Such as `amd64`, or `all`. */
  readonly architecture: string;
  /** Name of the source package, which security advisories use. */
  readonly source: string;
  readonly files: readonly InventoryFile[];
  /** Its copyright file. */
  readonly licence: string;
}

export interface BaseInventory {
  /** Such as `debian-12`. */
  readonly distribution: string;
  readonly node: {
    readonly version: string;
    readonly files: readonly InventoryFile[];
    readonly licence: string;
  };
  readonly packages: readonly DebianPackage[];
  /** Files that no package owns. */
  readonly written: readonly InventoryFile[];
  /** Texts that copyright files refer to by name, such as `GPL-3`. */
  readonly commonLicences: Readonly<Record<string, string>>;
}

const NODE = '/usr/local/bin/node';
/** Path in the public image. */
const NODE_LICENCE = '/usr/local/LICENSE';
const COMMON_LICENCES = '/usr/share/common-licenses';

if (import.meta.main) {
  const rootfs = process.argv[2];
  if (rootfs === undefined) {
    console.error('usage: node base-inventory.ts ROOTFS');
    process.exit(2);
  }
  console.log(JSON.stringify(takeInventory(rootfs)));
}

/** @throws Error when a licence is missing, because nothing may be distributed without it */
export function takeInventory(rootfs: string): BaseInventory {
  const owned = new Map<string, InventoryFile[]>();
  const written: InventoryFile[] = [];
  let node: InventoryFile | undefined;
  for (const file of filesBelow(rootfs)) {
    const owner = file.path === NODE ? undefined : ownerOf(file.path);
    if (file.path === NODE) node = file;
    else if (owner === undefined) written.push(file);
    else owned.set(owner, [...(owned.get(owner) ?? []), file]);
  }
  if (!node) throw new Error(`${rootfs} has no ${NODE}`);
  const packages = [...owned].sort().map(([name, files]) => describePackage(name, files));
  return {
    distribution: distribution(),
    node: {
      version: process.versions.node,
      files: [node],
      licence: readLicence('Node', NODE_LICENCE),
    },
    packages,
    written,
    commonLicences: commonLicencesOf(packages),
  };
}

function filesBelow(rootfs: string): InventoryFile[] {
  return readdirSync(rootfs, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => ({
      path: file.slice(join(rootfs, '/').length - 1),
      sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
    }));
}

/** Name of the installed package that a file came from, with its architecture where there are several. */
function ownerOf(path: string): string | undefined {
  // dpkg knows a file by its path in the package, but /lib may now be a link to /usr/lib.
  for (const known of [path, `/usr${path}`]) {
    const found = query(['--search', known]);
    const owner = found === undefined ? undefined : /^(\S+): \//m.exec(found)?.[1];
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function describePackage(name: string, files: readonly InventoryFile[]): DebianPackage {
  const format = ['Package', 'Version', 'Architecture', 'source:Package']
    .map((field) => `\${${field}}`)
    .join('\t');
  const [plainName = '', version = '', architecture = '', source = ''] =
    query(['--show', `--showformat=${format}`, name])?.split('\t') ?? [];
  return {
    name: plainName,
    version,
    architecture,
    source,
    files,
    licence: readLicence(plainName, `/usr/share/doc/${plainName}/copyright`),
  };
}

/** Output of dpkg-query; undefined when it finds nothing. */
function query(args: readonly string[]): string | undefined {
  try {
    return execFileSync('dpkg-query', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    // Exit code 1, dpkg-query(1): nothing was found.
    if ((error as { readonly status?: number }).status === 1) return undefined;
    throw error;
  }
}

function readLicence(name: string, path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new Error(
    `the base image has no licence of ${name} at ${path}; the public image has it, so take that, ` +
      'or make the stand-in anew with .ci/machine/base-image.sh',
  );
}

/** The texts of licences to which copyright files only refer, because every Debian system has them. */
function commonLicencesOf(packages: readonly DebianPackage[]): Record<string, string> {
  const pattern = new RegExp(`${COMMON_LICENCES}/([A-Z][\\w.-]*[\\w])`, 'g');
  const names = packages.flatMap(({ licence }) => [...licence.matchAll(pattern)].map(([, name]) => name!));
  return Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, readLicence(name, join(COMMON_LICENCES, name))]),
  );
}

function distribution(): string {
  const text = readFileSync('/etc/os-release', 'utf8');
  const [id, version] = ['ID', 'VERSION_ID'].map(
    (key) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1],
  );
  return `${id}-${version}`;
}
