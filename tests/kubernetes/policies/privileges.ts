import { matches, nameOf, ofKind, podLabelsOf, podOf, workloadsOf } from '../objects.ts';
import { ofContainers, ofPods, type Policy, unmet } from '../policy.ts';

const noRoot = ofPods('run nothing as root', (workload) => {
  const { securityContext, containers, initContainers = [] } = podOf(workload);
  const overrides = [...initContainers, ...containers].flatMap(({ securityContext: own }) => [
    own?.runAsUser,
    own?.runAsGroup,
    own?.runAsNonRoot,
  ]);
  return [
    ['runAsNonRoot must be true', securityContext?.runAsNonRoot === true],
    ['runAsUser must be a user other than root', (securityContext?.runAsUser ?? 0) > 0],
    ['runAsGroup must be a group other than that of root', (securityContext?.runAsGroup ?? 0) > 0],
    ['no container may choose another user', overrides.every((value) => value === undefined)],
  ];
});

const noEscalation = ofContainers('let no process gain privileges', ({ securityContext }, workload) => [
  ['allowPrivilegeEscalation must be false', securityContext?.allowPrivilegeEscalation === false],
  ['privileged must not be set', !securityContext?.privileged],
  [
    'seccompProfile must be RuntimeDefault',
    podOf(workload).securityContext?.seccompProfile?.type === 'RuntimeDefault',
  ],
  ['no container may have a seccompProfile of its own', securityContext?.seccompProfile === undefined],
]);

const noCapability = ofContainers('leave no capability', ({ securityContext }) => [
  ['capabilities must drop ALL', securityContext?.capabilities?.drop?.join() === 'ALL'],
  ['capabilities must add none', !securityContext?.capabilities?.add],
]);

const noWritableRoot = ofContainers('have no root file system that can be written', ({ securityContext }) => [
  ['readOnlyRootFilesystem must be true', securityContext?.readOnlyRootFilesystem === true],
]);

const noHost = ofPods('share nothing with the node', (workload) => {
  const { hostNetwork, hostPID, hostIPC, volumes = [], containers } = podOf(workload);
  const ports = containers.flatMap(({ ports = [] }) => ports);
  return [
    ['hostNetwork, hostPID and hostIPC must not be set', !hostNetwork && !hostPID && !hostIPC],
    ['no volume may be a hostPath', volumes.every(({ hostPath }) => !hostPath)],
    ['no port may be a hostPort', ports.every(({ hostPort }) => !hostPort)],
  ];
});

const noToken: Policy = {
  name: 'give no pod a token, nor variables of Services',
  problems: (objects) =>
    workloadsOf(objects).flatMap((workload) => {
      const {
        automountServiceAccountToken,
        enableServiceLinks,
        serviceAccountName,
        volumes = [],
      } = podOf(workload);
      const account = ofKind(objects, 'ServiceAccount').find(
        ({ metadata }) => metadata?.name === serviceAccountName,
      );
      const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
      return unmet(nameOf(workload), [
        ['automountServiceAccountToken must be false', automountServiceAccountToken === false],
        [`its ServiceAccount ${serviceAccountName} must be there`, account !== undefined],
        [
          `automountServiceAccountToken of ServiceAccount ${serviceAccountName} must be false`,
          account?.automountServiceAccountToken === false,
        ],
        ['no volume may bring a token', sources.every(({ serviceAccountToken }) => !serviceAccountToken)],
        ['enableServiceLinks must be false', enableServiceLinks === false],
      ]);
    }),
};

/** Workloads that share an account would also share its permissions. */
const ownAccount: Policy = {
  name: 'give each workload an account of its own',
  problems: (objects) =>
    workloadsOf(objects).flatMap((workload) => {
      const account = ofKind(objects, 'ServiceAccount').find(
        ({ metadata }) => metadata?.name === podOf(workload).serviceAccountName,
      );
      const name = {
        matchLabels: {
          'app.kubernetes.io/name': account?.metadata?.labels?.['app.kubernetes.io/name'] ?? '',
        },
      };
      return unmet(nameOf(workload), [
        ['its ServiceAccount must bear its name', matches(name, podLabelsOf(workload))],
      ]);
    }),
};

export const privilegePolicies: readonly Policy[] = [
  noRoot,
  noEscalation,
  noCapability,
  noWritableRoot,
  noHost,
  noToken,
  ownAccount,
];
