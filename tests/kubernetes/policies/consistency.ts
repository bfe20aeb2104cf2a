import {
  type KubernetesObject,
  type LabelSelector,
  matches,
  nameOf,
  ofKind,
  podLabelsOf,
  podOf,
  type Workload,
  workloadsOf,
} from '../objects.ts';
import { ofContainers, ofPods, type Policy, unmet } from '../policy.ts';
import { variablesOf } from '../settings.ts';
import { selectedBy } from './networking.ts';

const NAME = 'app.kubernetes.io/name';
/** The recommended labels of Kubernetes that selectors, dashboards or people here use. */
const COMMON = ['app.kubernetes.io/part-of', 'app.kubernetes.io/managed-by'];
const OF_PODS = [NAME, 'app.kubernetes.io/component', ...COMMON];
const NAMES = {
  POD_NAME: 'metadata.name',
  NODE_NAME: 'spec.nodeName',
  ZONE_NAME: "metadata.labels['topology.kubernetes.io/zone']",
};
const ENFORCED = 'pod-security.kubernetes.io/enforce';

const labelled: Policy = {
  name: 'bear the recommended labels',
  problems: (objects) => [
    ...objects.flatMap((object) =>
      unmet(
        nameOf(object),
        COMMON.map((label) => [
          `must have the label ${label}`,
          object.metadata?.labels?.[label] !== undefined,
        ]),
      ),
    ),
    ...workloadsOf(objects).flatMap((workload) =>
      unmet(
        `${nameOf(workload)}, pods`,
        OF_PODS.map((label) => [`must have the label ${label}`, podLabelsOf(workload)[label] !== undefined]),
      ),
    ),
  ],
};

const selected: Policy = {
  name: 'select by a label that lasts, and what is there',
  problems: (objects) => [
    ...workloadsOf(objects).flatMap((workload) => {
      const selector = workload.spec?.selector;
      return unmet(nameOf(workload), [
        ['its selector must match its pods', matches(selector, podLabelsOf(workload))],
        [`its selector must be ${NAME} alone`, Object.keys(selector?.matchLabels ?? {}).join() === NAME],
        [
          'its selector must match no other pods',
          workloadsOf(objects).filter((other) => matches(selector, podLabelsOf(other))).length === 1,
        ],
        [
          'its pods must be spread over what its selector selects',
          (podOf(workload).topologySpreadConstraints ?? []).every(({ labelSelector }) =>
            isSame(labelSelector, selector),
          ),
        ],
      ]);
    }),
    ...ofKind(objects, 'Service').flatMap((service) =>
      unmet(nameOf(service), [['must select one workload', selectedBy(objects, service).length === 1]]),
    ),
    ...ofKind(objects, 'NetworkPolicy').flatMap((policy) =>
      selectsOne(objects, policy, policy.spec?.podSelector),
    ),
    ...ofKind(objects, 'PodDisruptionBudget').flatMap((budget) =>
      selectsOne(objects, budget, budget.spec?.selector),
    ),
  ],
};

function selectsOne(
  objects: readonly KubernetesObject[],
  object: KubernetesObject,
  selector: LabelSelector | undefined,
): string[] {
  const found = workloadsOf(objects).filter((workload) => matches(selector, podLabelsOf(workload)));
  return unmet(nameOf(object), [['must select one workload', found.length === 1]]);
}

function isSame(one: LabelSelector | undefined, other: LabelSelector | undefined): boolean {
  return one?.matchLabels?.[NAME] !== undefined && one.matchLabels[NAME] === other?.matchLabels?.[NAME];
}

const scaled: Policy = {
  name: 'leave the number of replicas to one of Deployment and autoscaler',
  problems: (objects) => [
    ...ofKind(objects, 'Deployment').flatMap((deployment) => {
      const isScaled = ofKind(objects, 'HorizontalPodAutoscaler').some(
        ({ spec }) => spec?.scaleTargetRef.name === deployment.metadata?.name,
      );
      return unmet(nameOf(deployment), [
        ['must have no replicas beside its autoscaler', !isScaled || deployment.spec?.replicas === undefined],
        ['must have replicas or an autoscaler', isScaled || deployment.spec?.replicas !== undefined],
        ['must be spread when it is scaled', !isScaled || isSpread(deployment)],
        [
          'must not shrink while it is replaced',
          deployment.spec?.strategy?.rollingUpdate?.maxUnavailable === 0,
        ],
      ]);
    }),
    ...ofKind(objects, 'HorizontalPodAutoscaler').flatMap((autoscaler) => {
      const { scaleTargetRef, minReplicas = 1, maxReplicas = 0 } = autoscaler.spec ?? {};
      const target = objects.find(
        ({ kind, metadata }) => kind === scaleTargetRef?.kind && metadata?.name === scaleTargetRef?.name,
      );
      return unmet(nameOf(autoscaler), [
        ['must scale an existing Deployment', target?.kind === 'Deployment'],
        ['must have a range of replicas to scale', maxReplicas > minReplicas],
      ]);
    }),
  ],
};

function isSpread(workload: Workload): boolean {
  const keys = (podOf(workload).topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
  return keys.includes('kubernetes.io/hostname') && keys.includes('topology.kubernetes.io/zone');
}

const disrupted: Policy = {
  name: 'be drained from a node one at a time, and never keep it',
  problems: (objects) =>
    ofKind(objects, 'Deployment').flatMap((deployment) => {
      const budget = ofKind(objects, 'PodDisruptionBudget').find(({ spec }) =>
        matches(spec?.selector, podLabelsOf(deployment)),
      );
      return unmet(nameOf(deployment), [
        ['must have a PodDisruptionBudget', budget !== undefined],
        [
          'its PodDisruptionBudget must allow one to go',
          budget === undefined || budget.spec?.maxUnavailable === 1,
        ],
      ]);
    }),
};

const housed: Policy = {
  name: 'be in one namespace of its own, which enforces restricted pods',
  problems: (objects) => {
    const namespaces = ofKind(objects, 'Namespace');
    const namespace = namespaces[0]?.metadata;
    return [
      ...unmet('the overlay', [
        ['must bring one Namespace', namespaces.length === 1],
        [
          `its Namespace must have the label ${ENFORCED}: restricted`,
          namespace?.labels?.[ENFORCED] === 'restricted',
        ],
      ]),
      ...objects
        .filter(({ kind }) => kind !== 'Namespace')
        .flatMap((object) =>
          unmet(nameOf(object), [
            [`must be in ${namespace?.name}`, object.metadata?.namespace === namespace?.name],
          ]),
        ),
    ];
  },
};

/** The other policies would not notice a kind of pod that its kustomization does not harden. */
const present = ofPods('run one service in each pod, named for it', (workload) => {
  const { containers, initContainers = [] } = podOf(workload);
  return [
    ['its pods must have one container', containers.length === 1 && initContainers.length === 0],
    ['its container must be named for it', containers[0]?.name === workload.metadata?.name],
    ['it must be named as its label says', podLabelsOf(workload)[NAME] === workload.metadata?.name],
  ];
});

const named = ofContainers('know the names that they tell clients', ({ name, env = [] }) => {
  const read = Object.entries(NAMES).filter(([variable]) => variablesOf(name).includes(variable));
  return read.map(([variable, field]) => [
    `${variable} must be ${field}`,
    env.find((one) => one.name === variable)?.valueFrom?.fieldRef?.fieldPath === field,
  ]);
});

export const consistencyPolicies: readonly Policy[] = [
  labelled,
  selected,
  scaled,
  disrupted,
  housed,
  present,
  named,
];
