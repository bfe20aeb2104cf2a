import { describe, expect, it } from 'vitest';
import { type DocumentedCommand, documentedCommands } from '../docs/documented-commands.ts';
import { skipFor } from '../harness/skip-for.ts';
import { kubectlProblem, OVERLAYS, overlays, render, renderFolder } from './kubectl.ts';
import { type KubernetesObject, ofKind, podOf, workloadsOf } from './objects.ts';

/** Without `--server-side`, ports of one number over TCP and UDP are merged as if they were one. */
const APPLY = /^kubectl apply --server-side -k (\S+)$/;
const ON_ONE =
  /^kubectl --namespace (\S+) (rollout status|port-forward|logs) (\w+)\/([\w-]+)(?: \d+:(\d+))?$/;

/** Without a cluster: the rendered manifests must contain the objects that a command names. */
describe('every documented command of kubectl', skipFor(kubectlProblem), () => {
  const commands = documentedCommands.filter(({ text }) => text.startsWith('kubectl '));
  it.each(commands)('should find what $page:$line names: $text', (command) => {
    if (APPLY.test(command.text)) applies(command);
    else finds(command);
  });
});

function applies({ text }: DocumentedCommand): void {
  const [, folder = ''] = APPLY.exec(text) ?? [];
  expect(overlays.map((overlay) => `${OVERLAYS}/${overlay}`)).toContain(folder);
  expect(workloadsOf(renderFolder(folder))).not.toEqual([]);
}

/** Finds the object in the overlay with this namespace, which an earlier command of the page has applied. */
function finds({ text }: DocumentedCommand): void {
  expect(text).toMatch(ON_ONE);
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
