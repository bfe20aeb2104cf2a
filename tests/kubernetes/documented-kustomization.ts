import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from '../harness/markdown.ts';
import { root } from '../repo/tracked-files.ts';
import { renderFolder } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';

/**
 * Renders the kustomization of a page, in a folder with a checkout at the path that the page uses.
 *
 * @throws Error when the page has no block marked `yaml`, or more than one
 */
export function renderDocumented(page: string): KubernetesObject[] {
  const [block, ...more] = blocksOf(page).filter(({ info }) => info === 'yaml');
  if (!block || more.length > 0) throw new Error(`${page} must have one block marked yaml`);
  // In a folder that git ignores.
  const folder = `test-results/kustomization-${page.replaceAll(/\W/g, '-')}-${process.pid}`;
  try {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'kustomization.yaml'), block.lines.join('\n'));
    cpSync(join(root, 'deploy/kubernetes'), join(root, folder, 'echo-daytime/deploy/kubernetes'), {
      recursive: true,
    });
    return renderFolder(folder);
  } finally {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
}
