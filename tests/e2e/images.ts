import { createHash } from 'node:crypto';
import { docker, dockerList, root, runDocker } from './engine.ts';

export const services = ['echo', 'daytime', 'udp-daytime', 'load-probe'] as const;
export type ServiceName = (typeof services)[number];

/** What a build is told about itself. */
export const provenance = {
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  CREATED: '2026-11-20T07:13:05Z',
  SOURCE: 'https://git.example/echo-daytime',
} as const;

/**
 * Names what one test file makes on the engine: its own for every checkout, so that neither a running fleet nor
 * another checkout's tests are touched, and the same in every run, so that a run finds what an aborted one left.
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
  // By name: the same image may carry a name that somebody else gave it.
  const names = ['images', '--format', '{{.Repository}}:{{.Tag}}'];
  const images = await dockerList([...names, '--filter', `reference=echo-daytime/*:${project}`]);
  if (images.length > 0) await docker(['image', 'rm', ...images]);
}

/** The label that compose gives what it makes; what tests make by other means gets it too. */
export function label(project: string): string {
  return `com.docker.compose.project=${project}`;
}
