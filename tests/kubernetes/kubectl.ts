import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../repo/tracked-files.ts';
import type { KubernetesObject } from './objects.ts';

const ANSWER_TIMEOUT_MS = 30_000;
/** The first version with components as they are used here; .ci/machine/trixie-programs.sh requires the same. */
const OLDEST_KUSTOMIZE_MAJOR = 5;

const problem = findProblem();
/** Why there is no kubectl to render with, for `skipFor`; undefined when there is one. */
export const kubectlProblem =
  problem && `no kubectl can be used (${problem}); on Debian .ci/machine/prepare.sh installs one`;

/** From the root of the repository. */
export const OVERLAYS = 'deploy/kubernetes/overlays';

export const overlays: readonly string[] = readdirSync(join(root, OVERLAYS)).sort();

const rendered = new Map<string, readonly KubernetesObject[]>();

/** The objects that `kubectl apply -k` would hand to a cluster, a copy for each caller. */
export function render(overlay: string): KubernetesObject[] {
  return renderFolder(`${OVERLAYS}/${overlay}`);
}

/** Like `render`, for a kustomization anywhere in the repository. */
export function renderFolder(folder: string): KubernetesObject[] {
  const objects = rendered.get(folder) ?? objectsIn(kustomize(folder));
  rendered.set(folder, objects);
  return structuredClone(objects) as KubernetesObject[];
}

/** @throws Error with the output of kubectl when it can't render the folder */
function kustomize(folder: string): string {
  return execFileSync('kubectl', ['kustomize', folder], {
    cwd: root,
    encoding: 'utf8',
    timeout: ANSWER_TIMEOUT_MS,
    // Its stderr becomes part of the error.
    stdio: 'pipe',
  });
}

function objectsIn(yaml: string): readonly KubernetesObject[] {
  return parseAllDocuments(yaml).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as KubernetesObject;
  });
}

function findProblem(): string | undefined {
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['version', '--client'], {
    encoding: 'utf8',
    timeout: ANSWER_TIMEOUT_MS,
  });
  if (error) return error.message;
  if (status !== 0) return stderr.trim();
  const [, version = 'of no known version', major = 0] =
    /^Kustomize Version: (v(\d+)\S*)/m.exec(stdout) ?? [];
  if (Number(major) >= OLDEST_KUSTOMIZE_MAJOR) return undefined;
  return `its kustomize is ${version}; needed is v${OLDEST_KUSTOMIZE_MAJOR} or newer`;
}
