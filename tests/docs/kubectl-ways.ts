import { expect } from 'vitest';
import { OVERLAYS, overlays, render, renderFolder } from '../kubernetes/kubectl.ts';
import { type KubernetesObject, ofKind, podOf, workloadsOf } from '../kubernetes/objects.ts';
import type { DocumentedCommand } from './documented-commands.ts';
import type { Way } from './ways-to-run.ts';

/** Without `--server-side`, ports of one number over TCP and UDP are merged as if they were one. */
const APPLY = /^kubectl apply --server-side -k (\S+)$/;
const ON_ONE =
  /^kubectl --namespace (\S+) (rollout status|port-forward|logs) (\w+)\/([\w-]+)(?: \d+:(\d+))?$/;

/** There is no cluster: what is rendered is what a cluster would be given, and has to have what a command names. */
export const kubectlWays: readonly Way[] = [
  { commands: APPLY, run: applies },
  { commands: ON_ONE, run: finds },
];

function applies({ text }: DocumentedCommand): void {
  const [, folder = ''] = APPLY.exec(text) ?? [];
  expect(overlays.map((overlay) => `${OVERLAYS}/${overlay}`)).toContain(folder);
  expect(workloadsOf(renderFolder(folder))).not.toEqual([]);
}

/** In the overlay that an earlier command of the page has applied: the one with this namespace and object. */
function finds({ text }: DocumentedCommand): void {
  const [, namespace, , kind = '', name, port] = ON_ONE.exec(text) ?? [];
  const objects = overlays.flatMap(render);
  const found = objects.filter(
    (object) =>
      object.kind.toLowerCase() === kind &&
      object.metadata?.name === name &&
      object.metadata?.namespace === namespace,
  );
  expect(found, `no overlay has ${kind}/${name} in ${namespace}`).not.toEqual([]);
  if (port !== undefined) for (const object of found) expect(portsOf(object)).toContain(Number(port));
}

function portsOf(object: KubernetesObject): (number | undefined)[] {
  const [service] = ofKind([object], 'Service');
  if (service) return (service.spec?.ports ?? []).map(({ port }) => port);
  return workloadsOf([object])
    .flatMap((workload) => podOf(workload).containers)
    .flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}
