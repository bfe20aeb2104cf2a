import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { V8_FLAGS } from '@echo-daytime/linux/v8-flags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type DescribedComponent, filesOf, schemaProblems } from '../harness/sbom.ts';
import { skipFor } from '../harness/skip-for.ts';
import { docker, engineProblem, root } from './engine.ts';
import { ImageFiles } from './image-files.ts';
import { buildImages, imageName, label, projectName, provenance, removeProject, services } from './images.ts';

const project = projectName('image');
const BUILD_TIMEOUT_MS = 600_000;
const EXPORT_TIMEOUT_MS = 60_000;

const library = /^(usr\/)?lib(64)?\/([\w-]+\/)?(lib[\w+]+|ld-linux[\w-]*)\.so\.\d+$/;
/** A module that several modules of a service load, or one module loads on demand. */
const part = /^app\/src\/[\w-]+-[A-Z\d]{8}\.js$/;
const always = [
  'app/THIRD-PARTY-NOTICES.txt',
  'app/healthcheck.js',
  'app/package.json',
  'app/sbom.cdx.json',
  'app/src/main.js',
  'app/src/worker.js',
];
const system = ['etc/group', 'etc/passwd', 'etc/services', 'usr/local/bin/node'];

const ports = {
  echo: ['7007/tcp', '7007/udp', '7008/tcp', '7862/udp', '9007/tcp'],
  daytime: ['7013/tcp', '7014/tcp', '9013/tcp'],
  'udp-daytime': ['7013/udp', '9113/tcp'],
  'load-probe': ['8080/tcp'],
} as const;

interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

async function inspect(image: string): Promise<{ readonly Config: ImageConfig; readonly layers: string[] }> {
  const [found] = JSON.parse(await docker(['image', 'inspect', image]));
  return { Config: found.Config, layers: found.RootFS.Layers };
}

/** Files that only this service has: its page, and a thread of its own. */
function ownFiles(service: string): string[] {
  const ui = join(root, 'services', service, 'ui');
  if (!existsSync(ui)) return [];
  const own = readdirSync(ui, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(test|d)\.ts$/.test(entry.name))
    .map(({ parentPath, name }) => relative(ui, join(parentPath, name)));
  const uplot = ['package.json', 'dist/uPlot.esm.js', 'dist/uPlot.min.css'];
  const litHtml = [
    'package.json',
    'lit-html.js',
    'directive.js',
    'directive-helpers.js',
    'directives/repeat.js',
  ];
  return [
    'app/src/load-worker.js',
    'app/src/stats/format.ts',
    ...own.map((name) => `app/ui/${name}`),
    ...uplot.map((name) => `app/node_modules/uplot/${name}`),
    ...litHtml.map((name) => `app/node_modules/lit-html/${name}`),
  ];
}

describe('images', skipFor(engineProblem), () => {
  let nodeVersion: string;

  beforeAll(async () => {
    await removeProject(project);
    await buildImages(project);
    nodeVersion = await runNode('process.version');
  }, BUILD_TIMEOUT_MS);

  afterAll(() => removeProject(project), BUILD_TIMEOUT_MS);

  describe.each(services)('of %s', (service) => {
    let image: ImageFiles;
    beforeAll(async () => {
      image = await ImageFiles.of(imageName(service, project), project);
    }, EXPORT_TIMEOUT_MS);
    afterAll(() => image?.[Symbol.dispose]());

    it('should hold node, its libraries and our files, and nothing else', () => {
      const libraries = image.names.filter((name) => library.test(name));
      expect(image.names.filter((name) => !library.test(name) && !part.test(name))).toEqual(
        [...always, ...system, ...ownFiles(service)].sort(),
      );
      expect(libraries.some((name) => name.endsWith('/libc.so.6'))).toBe(true);
      expect(libraries.length).toBeLessThan(12);
    });

    it('should describe every file it holds, and hold every file it describes', () => {
      const described = filesOf(image.read('app/sbom.cdx.json').toString());
      const held = image.names.filter((name) => name !== 'app/sbom.cdx.json');
      expect(described).toEqual(new Map(held.map((name) => [`/${name}`, image.sha256(name)])));
    });

    it('should name its Node and its Debian packages in CycloneDX', async () => {
      const text = image.read('app/sbom.cdx.json').toString();
      expect(await schemaProblems(text)).toBeNull();
      const components: readonly DescribedComponent[] = JSON.parse(text).components;
      const node = components.find(({ name }) => name === 'node');
      expect(`v${node?.version}`).toBe(nodeVersion);
      const debian = components.filter(({ purl }) => purl?.startsWith('pkg:deb/'));
      const names = debian.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['libc6', 'libgcc-s1', 'libstdc++6', 'netbase']));
      expect(debian.filter(({ version }) => !/^\d[\w.+~:-]*$/.test(version ?? ''))).toEqual([]);
    });

    it('should contain the licences of its components', () => {
      const notices = image.read('app/THIRD-PARTY-NOTICES.txt').toString();
      for (const title of [/^Node\.js \d+/m, /^libc6 .*Debian/m, /^libstdc\+\+6 /m, /^fastify .*MIT$/m]) {
        expect(notices).toMatch(title);
      }
      expect(notices).toContain('Copyright Node.js contributors');
      // A licence to which Debian's copyright files only refer.
      expect(notices).toMatch(/^\/usr\/share\/common-licenses\/LGPL-2\.1$/m);
      expect(notices).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
    });
  });

  it.each(services)('should start %s as a program of its own, not as root', async (service) => {
    const { Config } = await inspect(imageName(service, project));
    expect(Config).toMatchObject({
      User: '1000:1000',
      Entrypoint: [
        'node',
        '--disable-warning=ExperimentalWarning',
        '--disable-sigusr1',
        ...V8_FLAGS,
        '/app/src/main.js',
      ],
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['CMD', 'node', '/app/healthcheck.js'], Timeout: 10e9, StartPeriod: 60e9 },
    });
    // docs/operations.md says how much memory the services take with it.
    expect(Config.Env).toEqual(
      expect.arrayContaining(['MALLOC_TRIM_THRESHOLD_=131072', 'MALLOC_ARENA_MAX=1']),
    );
    expect(Config.Cmd).toEqual(service === 'load-probe' ? ['monitor'] : null);
    expect(Object.keys(Config.ExposedPorts).sort()).toEqual(ports[service]);
  });

  it.each(services)('should describe %s and its origin in its labels', async (service) => {
    const { Config } = await inspect(imageName(service, project));
    const labels = Object.entries(Config.Labels).filter(([name]) => name.startsWith('org.opencontainers.'));
    expect(Object.fromEntries(labels)).toEqual({
      'org.opencontainers.image.title': service,
      'org.opencontainers.image.description': expect.stringMatching(/.{20}/),
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': project,
      'org.opencontainers.image.revision': provenance.REVISION,
      'org.opencontainers.image.created': provenance.CREATED,
      'org.opencontainers.image.source': provenance.SOURCE,
    });
  });

  it('should share every layer except the last', async () => {
    const images = await Promise.all(services.map((service) => inspect(imageName(service, project))));
    const shared = images.map(({ layers }) => layers.slice(0, -1).join());
    expect(new Set(shared).size).toBe(1);
    expect(images[0]?.layers.length).toBeGreaterThan(1);
  });

  it('should be the image of echo when no target is named', async () => {
    const image = `echo-daytime/untargeted:${project}`;
    await docker(['build', '--quiet', '--tag', image, '.'], { DOCKER_BUILDKIT: '1' });
    const { Config } = await inspect(image);
    expect(Config.Labels['org.opencontainers.image.title']).toBe('echo');
  });

  it('should run the release line of Node that package.json pins', () => {
    const [major] = manifest.devDependencies.node.split('.');
    expect(nodeVersion).toMatch(new RegExp(`^v${major}\\.`));
  });

  it('should know the names of services', async () => {
    const lookup = "require('node:dns').promises.lookupService('127.0.0.1', 13)";
    expect(await runNode(`await ${lookup}.then(({ service }) => service)`)).toBe('daytime');
  });
});

/** The value of an expression in a container of the echo image. */
function runNode(expression: string): Promise<string> {
  const script = `(async () => console.log(${expression}))()`;
  const run = ['run', '--rm', '--label', label(project), '--entrypoint', 'node'];
  return docker([...run, imageName('echo', project), '--eval', script]);
}
