import { describe, expect, it } from 'vitest';
import { describeProblems, parseTargetsFile } from '../../services/load-probe/src/targets/file.ts';
import { skipFor } from '../harness/skip-for.ts';
import { kubectlProblem, overlays, render } from './kubectl.ts';
import { type KubernetesObject, ofKind } from './objects.ts';
import { portsOf, selectedBy } from './policies/networking.ts';

describe.each(overlays)('the targets of overlay %s', skipFor(kubectlProblem), (overlay) => {
  it('should be valid for the probe', () => {
    const { entries, problems } = parseTargetsFile(targetsIn(render(overlay)));
    expect(describeProblems(problems)).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
  });

  it('should be ports of the Services, each of the protocol that is spoken there', () => {
    const objects = render(overlay);
    const unreachable = urlsIn(targetsIn(objects)).filter(
      (url) => portBehind(objects, url) !== portNameOf(url),
    );
    expect(unreachable.map(String)).toEqual([]);
  });
});

describe('the targets of a cluster', skipFor(kubectlProblem), () => {
  it('should be every port of a target', () => {
    const objects = render('production');
    const ports = [...ofKind(objects, 'Deployment')].flatMap(portsOf).map(({ name }) => name);
    const watched = urlsIn(targetsIn(objects)).map((url) => portBehind(objects, url));
    expect(watched.sort()).toEqual(ports.filter((name) => name !== 'admin').sort());
  });

  it('should be every echo of the mesh, over TCP, UDP and STAMP', () => {
    const { entries } = parseTargetsFile(targetsIn(render('mesh')));
    expect(entries.map(({ spec }) => spec.name)).toEqual(['tcp', 'udp', 'stamp']);
    expect(targetsIn(render('mesh')).match(/^ {4}discover: dns$/gm)).toHaveLength(3);
  });
});

function targetsIn(objects: readonly KubernetesObject[]): string {
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata?.name === 'load-probe-targets');
  return map?.data?.['targets.yaml'] ?? '';
}

function urlsIn(targets: string): URL[] {
  return [...targets.matchAll(/^ +- url: (\S+)$/gm)].map(([, url]) => new URL(url!));
}

/** `echo+udp://…` is spoken at the port `udp-echo`. */
function portNameOf({ protocol }: URL): string {
  const [service, transport] = protocol.slice(0, -1).split('+');
  return `${transport}-${service}`;
}

/** Name of the container port that the Service in a URL leads to; a headless one leads to the same number only. */
function portBehind(objects: readonly KubernetesObject[], url: URL): string | undefined {
  const service = ofKind(objects, 'Service').find(({ metadata }) => metadata?.name === url.hostname);
  const transport = /\+udp:$/.test(url.protocol) ? 'UDP' : 'TCP';
  const found = service?.spec?.ports?.find(
    ({ port, protocol }) => port === Number(url.port) && protocol === transport,
  );
  const target = selectedBy(objects, service ?? ({} as never))
    .flatMap(portsOf)
    .find(({ name }) => name === found?.targetPort);
  if (service?.spec?.clusterIP === 'None' && target?.containerPort !== found?.port) return undefined;
  return target?.name;
}
