import type { IContainer, IProbe, IVolumeMount } from 'kubernetes-models/v1';
import { nameOf, ofKind, podOf, workloadsOf } from '../objects.ts';
import { type Demand, ofContainers, type Policy, unmet } from '../policy.ts';
import { settingOf } from '../settings.ts';

/** The admin server reports a data plane as hung after 5 s (packages/runtime); the kubelet must not be faster. Seconds. */
const HEARTBEAT_STALE_S = 5;
/** Time for the last steps of a stop after the drain. Seconds. */
const STOP_SLACK_S = 2;
/** Time from a failed readiness probe until every kube-proxy sends datagrams of known flows to other pods. Seconds. */
const PROPAGATION_S = 5;
/** Defaults of a probe. */
const DEFAULT_PERIOD_S = 10;
const DEFAULT_FAILURES = 3;

const probed = ofContainers('probe start, life and readiness', (container) => {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  return [
    ...asked('startupProbe', '/readyz', startupProbe),
    ...asked('livenessProbe', '/livez', livenessProbe),
    ...asked('readinessProbe', '/readyz', readinessProbe),
    ['startupProbe must allow half a minute', failureTime(startupProbe) >= 30],
    [
      `livenessProbe must be slower than the ${HEARTBEAT_STALE_S} s of the heartbeat`,
      failureTime(livenessProbe) > HEARTBEAT_STALE_S,
    ],
  ];
});

function asked(name: string, path: string, probe: IProbe | undefined): Demand[] {
  return [
    [`${name} must check ${path}`, probe?.httpGet?.path === path],
    [`${name} must check the port admin`, probe?.httpGet?.port === 'admin'],
    [`${name} must have a timeout and a period`, Boolean(probe?.timeoutSeconds && probe.periodSeconds)],
  ];
}

/** Time until a failing probe has an effect, seconds; infinite without a probe. */
function failureTime(probe: IProbe | undefined): number {
  if (!probe) return Number.POSITIVE_INFINITY;
  return (probe.periodSeconds ?? DEFAULT_PERIOD_S) * (probe.failureThreshold ?? DEFAULT_FAILURES);
}

const gracious = ofContainers('be given the time to drain', (container, workload) => {
  const delayMs = Number(settingOf(container, 'drainDelay'));
  const timeoutMs = Number(settingOf(container, 'drainTimeout'));
  const graceS = podOf(workload).terminationGracePeriodSeconds ?? 0;
  return [
    [
      `terminationGracePeriodSeconds, ${graceS} s, must exceed DRAIN_DELAY, ${delayMs / 1000} s, and DRAIN_TIMEOUT, ` +
        `${timeoutMs / 1000} s, by ${STOP_SLACK_S} s`,
      graceS >= (delayMs + timeoutMs) / 1000 + STOP_SLACK_S,
    ],
  ];
});

/** kube-proxy keeps known UDP flows on a terminating pod until the pod's readiness probe has failed. */
const outlasting = ofContainers('serve until every node sends datagrams elsewhere', (container) => {
  const delayS = Number(settingOf(container, 'drainDelay')) / 1000;
  const unreadyS = failureTime(container.readinessProbe);
  return [
    [
      `DRAIN_DELAY, ${delayS} s, must exceed periodSeconds × failureThreshold of readinessProbe, ${unreadyS} s, by ` +
        `more than the ${PROPAGATION_S} s until all nodes know it`,
      delayS > unreadyS + PROPAGATION_S,
    ],
  ];
});

const bounded = ofContainers('have requests and limits', (container) => {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const threads = threadsOf(container);
  return [
    ['requests must have cpu and memory', amount(requests.cpu) > 0 && amount(requests.memory) > 0],
    [
      'limits must have memory, at least what is requested',
      amount(limits.memory) >= amount(requests.memory, Infinity),
    ],
    [
      `the cpu limit must be a core for each of the ${threads} threads, or the kernel halts them at full load`,
      amount(limits.cpu) >= threads,
    ],
  ];
});

/** The threads of the control plane and of the workers. */
function threadsOf(container: IContainer): number {
  const workers = settingOf(container, 'workers');
  return 1 + (workers === 'auto' ? 1 : Number(workers));
}

const UNITS: Readonly<Record<string, number>> = { '': 1, m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** `250m` → 0.25, `256Mi` → 268435456; `missing` without a value or for another unit. */
function amount(quantity: string | number | undefined, missing = 0): number {
  const [, figures, unit = ''] = /^(\d+(?:\.\d+)?)(\w*)$/.exec(`${quantity ?? ''}`) ?? [];
  return Number(figures) * (UNITS[unit] ?? Number.NaN) || missing;
}

const pinned = ofContainers('name the release of each image', ({ image = '' }) => {
  const [, tag] = /:([^/:@]+)(?:@|$)/.exec(image) ?? [];
  return [
    [
      `the image ${image} must have a tag or a digest`,
      tag !== undefined || /@sha256:[\da-f]{64}$/.test(image),
    ],
    [`the image ${image} must not have the tag latest`, tag !== 'latest'],
  ];
});

const followed: Policy = {
  name: 'take over a changed ConfigMap in place',
  problems: (objects) =>
    workloadsOf(objects).flatMap((workload) => {
      const { volumes = [], containers } = podOf(workload);
      const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
      const wanted = volumes.flatMap(({ configMap }) => (configMap?.name ? [configMap.name] : []));
      const present = ofKind(objects, 'ConfigMap').map(({ metadata }) => metadata?.name);
      return unmet(nameOf(workload), [
        ['no volume may be mounted with subPath, which is never updated', mounts.every(isWhole)],
        [
          'every volume must be mounted',
          volumes.every(({ name }) => mounts.some((mount) => mount.name === name)),
        ],
        ...wanted.flatMap((name): Demand[] => [
          [`its ConfigMap ${name} must be there`, present.includes(name)],
          [
            `the name of its ConfigMap ${name} must not change with its content`,
            !/-[\dbcdfghjklmnpqrstvwxz]{10}$/.test(name),
          ],
        ]),
      ]);
    }),
};

function isWhole({ subPath, subPathExpr }: IVolumeMount): boolean {
  return subPath === undefined && subPathExpr === undefined;
}

export const lifecyclePolicies: readonly Policy[] = [probed, gracious, outlasting, bounded, pinned, followed];
