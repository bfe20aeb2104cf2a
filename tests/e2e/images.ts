import { createHash } from 'node:crypto';
import { docker, dockerList, root, runDocker } from './engine.ts';

export const services = ['echo', 'daytime', 'udp-daytime', 'load-probe'] as const;
export type ServiceName = (typeof services)[number];

/** The build arguments that describe a build. */
export const provenance = {
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  CREATED: '2026-11-20T07:13:05Z',
  SOURCE: 'https://git.example/echo-daytime',
} as const;

/**
 * The project name of a test file on the engine. It differs between checkouts, so that neither a running fleet nor the
 * tests of another checkout are affected. It is the same in every run, so that a run cleans up after an aborted run.
 */
export function projectName(purpose: string): string {
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return `echo-daytime-e2e-${purpose}-${checkout}`;
}

export function imageName(service: ServiceName, project: string): string {
  return `echo-daytime/${service}:${project}`;
}

/** Builds these images, all four by default, tagged with the project's name. */
export async function buildImages(project: string, names: readonly ServiceName[] = services): Promise<void> {
  await docker(['compose', '--project-name', project, 'build', '--quiet', ...names], {
    ...provenance,
    VERSION: project,
  });
}

/** Removes a project's containers, networks, volumes and images, as far as there are any. */
export async function removeProject(project: string): Promise<void> {
  const containers = await dockerList(['ps', '--all', '--quiet', '--filter', `label=${label(project)}`]);
  if (containers.length > 0) await runDocker(['rm', '--force', '--volumes', ...containers]);
  const networks = await dockerList(['network', 'ls', '--quiet', '--filter', `label=${label(project)}`]);
  if (networks.length > 0) await docker(['network', 'rm', ...networks]);
  const volumes = await dockerList(['volume', 'ls', '--quiet', '--filter', `label=${label(project)}`]);
  if (volumes.length > 0) await docker(['volume', 'rm', ...volumes]);
  // By name, because the same image may also have a name from outside of the tests.
  const names = ['images', '--format', '{{.Repository}}:{{.Tag}}'];
  const images = await dockerList([...names, '--filter', `reference=echo-daytime/*:${project}`]);
  if (images.length > 0) await docker(['image', 'rm', ...images]);
}

/** The label that compose adds to its objects. Tests add it to objects that they create without compose. */
export function label(project: string): string {
  return `com.docker.compose.project=${project}`;
}
