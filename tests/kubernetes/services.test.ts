import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { IContainer } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { services } from '../repo/services.ts';
import { read } from '../repo/tracked-files.ts';
import { kubectlProblem, overlays, render } from './kubectl.ts';
import { containersOf, type KubernetesObject, ofKind, podOf, workloadsOf } from './objects.ts';
import { settingOf, variablesOf } from './settings.ts';

/** The key that sets each port of a container. */
const KEYS: Readonly<Record<string, string>> = {
  'tcp-echo': 'port',
  'udp-echo': 'port',
  'tcp-dialog': 'dialogPort',
  'udp-stamp': 'stampPort',
  'tcp-daytime': 'port',
  'tcp-session': 'sessionPort',
  'udp-daytime': 'port',
  admin: 'adminPort',
};

describe.each(overlays)('the services of overlay %s', skipFor(kubectlProblem), (overlay) => {
  it('should set no unknown variable', () => {
    const unknown = containers(overlay).flatMap(({ name, env = [] }) =>
      env
        .filter((variable) => !variablesOf(name).includes(variable.name))
        .map((variable) => `${name} ${variable.name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('should have the ports that they listen on', () => {
    const ports = containers(overlay).flatMap((container) =>
      (container.ports ?? []).map(({ name = '', containerPort }) => ({
        port: `${container.name} ${name} ${containerPort}`,
        listens: `${container.name} ${name} ${settingOf(container, KEYS[name] ?? name)}`,
      })),
    );
    expect(ports.map(({ port }) => port)).toEqual(ports.map(({ listens }) => listens));
    expect(ports.length).toBeGreaterThan(4);
  });
});

describe('the overlays', skipFor(kubectlProblem), () => {
  it.each(distinctRuns())('should have a valid configuration of $service in $overlays', async (run) => {
    const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-kubernetes-'));
    const here = (path: string): string => join(folder, basename(path));
    try {
      for (const [path, text] of Object.entries(run.files)) writeFileSync(here(path), text);
      const args = run.args.map((arg) => (arg in run.files ? here(arg) : arg));
      await using service = ServiceProcess.spawn(run.service, run.env, [...args, '--check-config']);
      expect(await service.exited, service.stderr).toEqual({ code: 0, signal: null });
      expect(service.log).toContainEqual(
        expect.objectContaining({ msg: expect.stringContaining('the configuration is valid') }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('should run every service, the mesh an echo and a probe on every node', () => {
    for (const overlay of ['local', 'production']) {
      expect(
        ofKind(render(overlay), 'Deployment')
          .map(({ metadata }) => metadata?.name)
          .sort(),
      ).toEqual(services);
      expect(ofKind(render(overlay), 'DaemonSet')).toEqual([]);
    }
    const sets = ofKind(render('mesh'), 'DaemonSet');
    expect(sets.map(({ metadata }) => metadata?.name).sort()).toEqual(['echo', 'load-probe']);
    for (const set of sets) expect(podOf(set).tolerations).toEqual([{ operator: 'Exists' }]);
    expect(ofKind(render('mesh'), 'Deployment')).toEqual([]);
  });

  it('should map the well-known ports onto those that need no privilege', () => {
    expect(servicePorts(render('production'))).toEqual(
      expect.arrayContaining([
        'echo 7/TCP tcp-echo',
        'echo 7/UDP udp-echo',
        'daytime 13/TCP tcp-daytime',
        'udp-daytime 13/UDP udp-daytime',
        'load-probe 80/TCP admin',
      ]),
    );
  });

  it('should have each rule once when production and the mesh run in one cluster', () => {
    const beside = render('mesh-beside-production');
    expect(beside).toEqual(render('mesh').filter(({ kind }) => kind !== 'PrometheusRule'));
    expect(ofKind(beside, 'ServiceMonitor')).toHaveLength(1);
    for (const alone of ['mesh', 'production'])
      expect(ofKind(render(alone), 'PrometheusRule')).not.toEqual([]);
  });

  it('should run this release', () => {
    for (const overlay of ['production', 'mesh']) {
      const wrong = containers(overlay).filter(
        ({ name, image }) => image !== `registry.example.com/echo-daytime/${name}:${manifest.version}`,
      );
      expect(wrong.map(({ image }) => image)).toEqual([]);
    }
  });

  it('should run what docker compose builds where they run locally, and never look for it elsewhere', () => {
    const compose = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { image: string; build?: unknown }>;
    };
    const built = Object.values(compose.services)
      .filter(({ build }) => build)
      .map(({ image }) => image.replace(/\$\{\w+:-(.*)\}/, '$1'));
    expect(
      containers('local')
        .map(({ image }) => image)
        .sort(),
    ).toEqual(built.sort());
    expect(new Set(containers('local').map(({ imagePullPolicy }) => imagePullPolicy))).toEqual(
      new Set(['Never']),
    );
  });

  it('should run as the user that the images are made for', () => {
    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(read('Dockerfile')) ?? [];
    for (const workload of workloadsOf(render('production'))) {
      const { runAsUser, runAsGroup } = podOf(workload).securityContext ?? {};
      expect(`${runAsUser}:${runAsGroup}`).toBe(`${user}:${group}`);
    }
  });

  it('should resolve the echoes of the mesh to their pods, those alone that are ready', () => {
    const service = ofKind(render('mesh'), 'Service').find(({ metadata }) => metadata?.name === 'echo-mesh');
    expect(service?.spec).toMatchObject({ clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' });
    expect(service?.spec?.publishNotReadyAddresses).toBeUndefined();
  });

  it('should let each probe of the mesh find the pages of all others', () => {
    const objects = render('mesh');
    const probe = workloadsOf(objects)
      .flatMap(containersOf)
      .find(({ name }) => name === 'load-probe')!;
    const { host, port } = settingOf(probe, 'mesh') as { readonly host: string; readonly port: number };
    const service = ofKind(objects, 'Service').find(({ metadata }) => metadata?.name === host);
    expect(service?.spec).toMatchObject({ clusterIP: 'None', ports: [{ port, targetPort: 'admin' }] });
    // A headless Service leads to the same number only.
    expect(probe.ports?.find(({ name }) => name === 'admin')?.containerPort).toBe(port);
    const [policy] = ofKind(objects, 'NetworkPolicy').filter(
      ({ metadata }) => metadata?.name === 'load-probe',
    );
    expect(policy?.spec?.ingress?.[0]?.from).toContainEqual({ podSelector: {} });
  });
});

function containers(overlay: string): IContainer[] {
  return kubectlProblem === undefined ? workloadsOf(render(overlay)).flatMap(containersOf) : [];
}

/** `echo 7/UDP udp-echo` */
function servicePorts(objects: readonly KubernetesObject[]): string[] {
  return ofKind(objects, 'Service').flatMap(({ metadata, spec }) =>
    (spec?.ports ?? []).map(
      ({ port, protocol, targetPort }) => `${metadata?.name} ${port}/${protocol} ${targetPort}`,
    ),
  );
}

/** How a container runs its service. */
interface Run {
  readonly service: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Texts of the mounted files, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Many overlays run a container in the same way. */
function distinctRuns(): (Run & { readonly overlays: string })[] {
  const found = Map.groupBy(
    overlays.flatMap((overlay) => containers(overlay).map((container) => ({ overlay, container }))),
    ({ overlay, container }) => JSON.stringify(runOf(render(overlay), container)),
  );
  return [...found].map(([run, places]) => ({
    ...(JSON.parse(run) as Run),
    overlays: places.map(({ overlay }) => overlay).join(', '),
  }));
}

function runOf(
  objects: readonly KubernetesObject[],
  { name, args = [], env = [], volumeMounts = [] }: IContainer,
): Run {
  const pod = podOf(workloadsOf(objects).find((workload) => containersOf(workload)[0]?.name === name)!);
  const files = volumeMounts.flatMap(({ name: mounted, mountPath }) => {
    const volume = pod.volumes?.find((candidate) => candidate.name === mounted);
    const map = ofKind(objects, 'ConfigMap').find(
      ({ metadata }) => metadata?.name === volume?.configMap?.name,
    );
    return Object.entries(map?.data ?? {}).map(([file, text]) => [`${mountPath}/${file}`, text] as const);
  });
  return {
    service: name,
    args,
    env: Object.fromEntries(env.map(({ name: variable, value = '' }) => [variable, value])),
    files: Object.fromEntries(files),
  };
}
