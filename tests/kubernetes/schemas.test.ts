import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { afterAll, describe, expect, it } from 'vitest';
import { skipFor } from '../harness/skip-for.ts';
import { root } from '../repo/tracked-files.ts';
import { kubectlProblem, overlays, render } from './kubectl.ts';
import { type Kind, type KubernetesObject, nameOf, ofKind, podOf } from './objects.ts';

interface Model {
  readonly apiVersion: string;
  new (data: never): { validate(): void };
}

const models: Readonly<Record<Kind, Model>> = {
  ConfigMap,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  Service,
  ServiceAccount,
  ServiceMonitor,
};

const COMPILE_TIMEOUT_MS = 120_000;
/** Below a folder that git ignores, and below the packages that it imports. */
const compiled = join(root, 'test-results', `kubernetes-schemas-${process.pid}`);

describe('the schemas of Kubernetes', skipFor(kubectlProblem), () => {
  afterAll(() => rmSync(compiled, { recursive: true, force: true }));

  it('should have overlays to check', () => {
    expect(overlays).toEqual(['local', 'mesh', 'mesh-beside-production', 'production']);
    for (const overlay of overlays) expect(render(overlay).length).toBeGreaterThan(10);
  });

  it.each(overlays)('should be met by every object of overlay %s', (overlay) => {
    expect(render(overlay).flatMap(schemaProblems)).toEqual([]);
  });

  it('should report a value that is wrong, missing or of an unknown kind', () => {
    const objects = render('production');
    const [deployment] = ofKind(objects, 'Deployment');
    Object.assign(podOf(deployment!), { terminationGracePeriodSeconds: '20s' });
    const [service] = ofKind(objects, 'Service');
    Object.assign(service!.spec!.ports![0]!, { protocol: 'QUIC', port: undefined });
    expect(objects.flatMap(schemaProblems)).toEqual([
      expect.stringMatching(
        /^Service \S+: .*port.*required.*protocol must be equal to one of the allowed values/,
      ),
      expect.stringMatching(/^Deployment \S+: .*terminationGracePeriodSeconds must be integer/),
    ]);
    expect(schemaProblems({ apiVersion: 'apps/v1beta1', kind: 'Deployment' } as never)).toEqual([
      expect.stringContaining('no Deployment of apps/v1beta1 is known; known is apps/v1'),
    ]);
  });

  // A schema accepts unknown fields; an API server drops them, or refuses them with kubectl's strict validation. The
  // types of the schemas do not accept them.
  it('should know every field of every object', { timeout: COMPILE_TIMEOUT_MS }, () => {
    const misspelt = render('production');
    const [deployment] = ofKind(misspelt, 'Deployment');
    Object.assign(podOf(deployment!).containers[0]!, { readinesProbe: {} });
    const files = new Map(overlays.map((overlay) => [overlay, render(overlay)]));
    expect(fieldProblems(new Map([...files, ['misspelt', misspelt]]))).toEqual([
      expect.stringMatching(
        /^misspelt\.ts\(\d+,\d+\): error TS2353: .*readinesProbe.* does not exist in type/,
      ),
    ]);
  });
});

function schemaProblems(object: KubernetesObject): string[] {
  const model: Model | undefined = models[object.kind];
  if (model?.apiVersion !== object.apiVersion) {
    return [
      `${nameOf(object)}: no ${object.kind} of ${object.apiVersion} is known; known is ${model?.apiVersion ?? 'none'}`,
    ];
  }
  try {
    new model(object as never).validate();
    return [];
  } catch (error) {
    return [`${nameOf(object)}: ${(error as Error).message}`];
  }
}

/** Errors of the compiler for objects written as literals, one file for each list. */
function fieldProblems(files: ReadonlyMap<string, readonly KubernetesObject[]>): string[] {
  mkdirSync(compiled, { recursive: true });
  const base = join(root, 'tsconfig.json');
  writeFileSync(join(compiled, 'tsconfig.json'), JSON.stringify({ extends: base, include: ['*.ts'] }));
  for (const [name, objects] of files) {
    const literals = objects.map(
      (object) =>
        `export const ${constantOf(object)}: ObjectOf<'${object.kind}'> = ${JSON.stringify(object, null, 2)};`,
    );
    const header = `import type { ObjectOf } from '${join(root, 'tests/kubernetes/objects.ts')}';`;
    writeFileSync(join(compiled, `${name}.ts`), [header, ...literals].join('\n'));
  }
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { stdout, error } = spawnSync(tsc, ['--project', '.', '--pretty', 'false'], {
    cwd: compiled,
    encoding: 'utf8',
  });
  if (error) throw error;
  return stdout.split('\n').filter((line) => /error TS/.test(line));
}

/** A name for a variable: `Service_echo_admin` */
function constantOf(object: KubernetesObject): string {
  return nameOf(object).replace(/\W/g, '_');
}
