import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DescribedComponent, filesOf, schemaProblems } from '../../tests/harness/sbom.ts';

const program = fileURLToPath(new URL('../bundle.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-description-'));
const services = ['echo', 'daytime', 'udp-daytime', 'load-probe'];
/** 2026-11-20T07:13:05Z. */
const BUILD_TIME = 1_795_158_785;
/** esbuild writes a comment with the origin of each module. */
const ORIGIN = /^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\/[^\n]*$/gm;
/** Licences that allow distribution in binary form if their text is included. */
const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

beforeAll(() => {
  const env = { ...process.env, SOURCE_DATE_EPOCH: `${BUILD_TIME}` };
  execFileSync(process.execPath, [program, folder], { env });
});

afterAll(() => rmSync(folder, { recursive: true }));

function readText(service: string, name: string): string {
  return readFileSync(join(folder, service, name), 'utf8');
}

function componentsOf(service: string): readonly DescribedComponent[] {
  return JSON.parse(readText(service, 'sbom.cdx.json')).components;
}

const fullName = ({ group, name }: DescribedComponent): string => (group ? `${group}/${name}` : name);

describe.each(services)('the description of %s', (service) => {
  it('should be CycloneDX', async () => {
    const text = readText(service, 'sbom.cdx.json');
    expect(await schemaProblems(text)).toBeNull();
    expect(JSON.parse(text)).toMatchObject({
      specVersion: '1.6',
      serialNumber: expect.stringMatching(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-/),
      metadata: { component: { name: service, version: '0.1.0' }, timestamp: '2026-11-20T07:13:05.000Z' },
    });
  });

  it('should name every package with code in the bundle, and no other', () => {
    const source = join(folder, service, 'src');
    const code = [
      ...readdirSync(source)
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(source, name)),
      join(folder, service, 'healthcheck.js'),
    ].map((file) => readFileSync(file, 'utf8'));
    const used = code.flatMap((text) => [...text.matchAll(ORIGIN)].map(([, name]) => name!));
    const copied = service === 'load-probe' ? ['lit-html', 'uplot'] : [];
    const named = new Set(componentsOf(service).map(fullName));
    expect([...named].sort()).toEqual([...new Set([...used, ...copied])].sort());
    expect(named).toContain('fastify');
  });

  it('should have the version, hash and licence of each package from its manifest and the lock file', () => {
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    for (const component of componentsOf(service)) {
      const path = component['bom-ref'].split('#')[1]!;
      const manifest = JSON.parse(
        readFileSync(new URL(`../../${path}/package.json`, import.meta.url), 'utf8'),
      );
      expect(component.version).toBe(manifest.version);
      expect(component.purl).toBe(`pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`);
      const sha512 = Buffer.from(component.hashes![0]!.content, 'hex').toString('base64');
      expect(`sha512-${sha512}`).toBe(lock.packages[path].integrity);
      expect(permissive).toContain(component.licenses![0]!.license!.id);
    }
  });

  it('should have the hash of every file except its own', () => {
    const files = readdirSync(join(folder, service), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'sbom.cdx.json')
      .map(({ parentPath, name }) => join(parentPath, name));
    const hashes = files.map((file): [string, string] => [
      `/app${file.slice(join(folder, service).length)}`,
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]);
    expect(filesOf(readText(service, 'sbom.cdx.json'))).toEqual(new Map(hashes.sort()));
  });

  it('should come with the licence of every package', () => {
    const notices = readText(service, 'THIRD-PARTY-NOTICES.txt');
    const [, ...sections] = notices.split(/^={80}\n(?=.*\n={80}\n\n)/m);
    const byTitle = new Map(sections.map((section) => [section.split(' (npm)')[0], section]));
    for (const component of componentsOf(service)) {
      const text = byTitle.get(`${fullName(component)} ${component.version}`);
      expect(text, fullName(component)).toMatch(/licen[sc]e|permission|copyright/i);
    }
    expect(sections.length).toBe(componentsOf(service).length);
  });
});

it('should be invalid CycloneDX with a field that the standard does not have', async () => {
  const bom = JSON.parse(readText('echo', 'sbom.cdx.json'));
  bom.components[0].flavour = 'sweet';
  expect(await schemaProblems(JSON.stringify(bom))).not.toBeNull();
});

it('should say what a build time must be when it is not valid', () => {
  const env = { ...process.env, SOURCE_DATE_EPOCH: 'yesterday' };
  const { status, stderr } = spawnSync(process.execPath, [program, join(folder, 'none')], {
    env,
    encoding: 'utf8',
  });
  expect(stderr).toContain('SOURCE_DATE_EPOCH=yesterday must be the seconds since 1970');
  expect(status).toBe(2);
});
