import {
  expects,
  forPolicy,
  inContainer,
  inDeployment,
  inEvery,
  inPod,
  inProbe,
  type Mutation,
  remove,
} from './mutation.ts';
import { podOf } from './objects.ts';

export const mutations: readonly Mutation[] = [
  ...forPolicy('run nothing as root', {
    'runAsNonRoot is gone': inPod((pod) => delete pod.securityContext!.runAsNonRoot),
    'the user is root': inPod((pod) => (pod.securityContext!.runAsUser = 0)),
    'the group is that of root': inPod((pod) => delete pod.securityContext!.runAsGroup),
    'a container is root': inContainer((container) => (container.securityContext!.runAsUser = 0)),
  }),
  ...forPolicy('let no process gain privileges', {
    'escalation is allowed': inContainer((one) => delete one.securityContext!.allowPrivilegeEscalation),
    'a container is privileged': inContainer((one) => (one.securityContext!.privileged = true)),
    'every system call is allowed': inPod((pod) => delete pod.securityContext!.seccompProfile),
    'a container goes unconfined': inContainer(
      (one) => (one.securityContext!.seccompProfile = { type: 'Unconfined' }),
    ),
  }),
  ...forPolicy('leave no capability', {
    'one is added': inContainer((one) => (one.securityContext!.capabilities!.add = ['NET_BIND_SERVICE'])),
    'none is dropped': inContainer((one) => delete one.securityContext!.capabilities),
    'an init container keeps its own': inPod(
      (pod) => (pod.initContainers = [{ name: 'init', image: 'init:1' }]),
    ),
  }),
  ...forPolicy('have no root file system that can be written', {
    'readOnlyRootFilesystem is gone': inContainer(
      (one) => delete one.securityContext!.readOnlyRootFilesystem,
    ),
  }),
  ...forPolicy('share nothing with the node', {
    'the network of the node': inPod((pod) => (pod.hostNetwork = true)),
    'a folder of the node': inPod(
      (pod) => (pod.volumes = [{ name: 'logs', hostPath: { path: '/var/log' } }]),
    ),
    'a port of the node': inContainer((one) => (one.ports![0]!.hostPort = 7)),
  }),
  ...forPolicy('give no pod a token, nor variables of Services', {
    'the pod asks for a token': inPod((pod) => delete pod.automountServiceAccountToken),
    'the account gives one': inEvery(
      'ServiceAccount',
      (account) => delete account.automountServiceAccountToken,
    ),
    'its account is missing': (objects) => remove(objects, 'ServiceAccount echo'),
    'variables of Services': inPod((pod) => delete pod.enableServiceLinks),
    'a token comes as a volume': inPod(
      (pod) =>
        (pod.volumes = [
          { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
        ]),
    ),
  }),
  ...forPolicy('give each workload an account of its own', {
    'echo has that of daytime': inPod((pod) => (pod.serviceAccountName = 'daytime')),
  }),
  ...forPolicy('probe start, life and readiness', {
    'no startup probe': inContainer((one) => delete one.startupProbe),
    'no liveness probe': inContainer((one) => delete one.livenessProbe),
    'no readiness probe': inContainer((one) => delete one.readinessProbe),
    'liveness checks the path of readiness': inContainer(
      (one) => (one.livenessProbe!.httpGet!.path = '/readyz'),
    ),
    'a probe checks a port for clients': inContainer(
      (one) => (one.readinessProbe!.httpGet!.port = 'tcp-echo'),
    ),
    'liveness fails before the heartbeat is late': inContainer(
      (one) => (one.livenessProbe!.periodSeconds = 1),
    ),
  }),
  ...forPolicy('be given the time to drain', {
    'no grace period of its own': inPod((pod) => (pod.terminationGracePeriodSeconds = 15)),
    'a longer drain': inContainer((one) => one.env!.push({ name: 'DRAIN_TIMEOUT', value: '1m' })),
    'a longer drain by a flag': inContainer((one) => (one.args = ['--drain-timeout', '1m'])),
  }),
  ...forPolicy('serve until every node sends datagrams elsewhere', {
    'no delay': inContainer((one) => (one.env = [])),
    'a delay that ends with the readiness': inContainer((one) => (one.env![0]!.value = '7s')),
    'readiness checked every 5 s': inContainer((one) => (one.readinessProbe!.periodSeconds = 5)),
    'readiness checked at the default interval': inContainer((one) => {
      delete one.readinessProbe!.periodSeconds;
      delete one.readinessProbe!.failureThreshold;
    }),
  }),
  ...forPolicy('have requests and limits', {
    'no limits': inContainer((one) => delete one.resources!.limits),
    'no limit of memory': inContainer((one) => delete one.resources!.limits!.memory),
    'no requests': inContainer((one) => delete one.resources!.requests),
    'less memory than is requested': inContainer((one) => (one.resources!.limits!.memory = '64Mi')),
    'more threads than cores': inContainer((one) => one.env!.push({ name: 'WORKERS', value: '2' })),
    'a limit in a unit that is none': inContainer((one) => (one.resources!.limits!.memory = '256MiB')),
  }),
  ...forPolicy('name the release of each image', {
    'no tag': inContainer((one) => (one.image = 'registry.example.com:5000/echo')),
    'the latest': inContainer((one) => (one.image = 'registry.example.com/echo:latest')),
  }),
  ...forPolicy('take over a changed ConfigMap in place', {
    'a file mounted by itself': inProbe((one) => (one.volumeMounts![0]!.subPath = 'targets.yaml')),
    'a volume that is not mounted': inProbe((one) => (one.volumeMounts = [])),
    'a ConfigMap that is not there': (objects) => remove(objects, 'ConfigMap load-probe-targets'),
    'a name that follows the content': inEvery('Deployment', (deployment) => {
      for (const { configMap } of podOf(deployment).volumes ?? [])
        configMap!.name = 'load-probe-targets-5g2hf7m9tk';
    }),
  }),
  ...forPolicy('name every port, and reach it by its name', {
    'a port without a name': inContainer((one) => delete one.ports![0]!.name),
    'a name given twice': inContainer((one) => (one.ports![1]!.name = one.ports![0]!.name!)),
    'a Service with a port without a name': inEvery('Service', ({ spec }) => delete spec!.ports![0]!.name),
    'a Service that goes to a number': inEvery('Service', ({ spec }) => (spec!.ports![0]!.targetPort = 7007)),
    'a Service over the wrong protocol': inEvery(
      'Service',
      ({ spec }) => (spec!.ports![0]!.protocol = 'SCTP'),
    ),
    'a NetworkPolicy for a port that is not there': inEvery('NetworkPolicy', ({ spec }) => {
      spec!.ingress![0]!.ports![0]!.port = 'http';
    }),
  }),
  ...forPolicy('deny what no NetworkPolicy names', {
    'no NetworkPolicy': (objects) => remove(objects, 'NetworkPolicy echo'),
    'none for what goes out': inEvery('NetworkPolicy', ({ spec }) => (spec!.policyTypes = ['Ingress'])),
    'the admin port for everybody': inEvery(
      'NetworkPolicy',
      ({ spec }) => delete spec!.ingress!.at(-1)!.from,
    ),
    'every port for everybody': inEvery('NetworkPolicy', ({ spec }) => (spec!.ingress = [{}])),
    'a target that may connect': inEvery('NetworkPolicy', ({ spec }) => (spec!.egress = [{}])),
  }),
  ...forPolicy('let Prometheus, probes and clients through', {
    'Prometheus elsewhere': inEvery(
      'NetworkPolicy',
      ({ spec }) => (spec!.ingress!.at(-1)!.from = [{ podSelector: {} }]),
    ),
    'only TCP': inEvery('NetworkPolicy', ({ spec }) => {
      for (const { ports = [] } of spec!.ingress ?? []) for (const port of ports) port.protocol = 'TCP';
    }),
    'a probe that may not send': inEvery('NetworkPolicy', ({ spec }) => (spec!.egress = [])),
    'a namespace that does not see its page': inEvery('NetworkPolicy', ({ spec }) => {
      spec!.ingress!.at(-1)!.from = [
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
      ];
    }),
  }),
  ...forPolicy('keep health and metrics of targets off the Services for clients', {
    'the admin port beside the echo': inEvery('Service', ({ spec }) => {
      spec!.ports!.push({ name: 'metrics', port: 9007, targetPort: 'admin', protocol: 'TCP' });
    }),
  }),
  ...forPolicy('bear the recommended labels', {
    'an object without': inEvery('Service', ({ metadata }) => delete metadata!.labels),
    'pods without a component': inEvery('Deployment', ({ spec }) => {
      delete spec!.template.metadata!.labels!['app.kubernetes.io/component'];
    }),
  }),
  ...forPolicy('know the names that they tell clients', {
    'no name': inContainer((one) => one.env!.pop()),
    'another name': inContainer((one) => (one.env!.at(-1)!.valueFrom!.fieldRef!.fieldPath = 'metadata.uid')),
    'the same name for every pod': inContainer((one) => (one.env![1] = { name: 'POD_NAME', value: 'echo' })),
  }),
  ...forPolicy('select by a label that lasts, and what is there', {
    'a selector with more than the name': inDeployment(({ spec }) => {
      spec!.selector.matchLabels!['app.kubernetes.io/managed-by'] = 'kustomize';
    }),
    'a selector of other pods': inDeployment(({ spec }) => {
      spec!.selector.matchLabels!['app.kubernetes.io/name'] = 'daytime';
    }),
    'a Service that selects nothing': inEvery('Service', ({ spec }) => (spec!.selector = { app: 'echo' })),
    'a Service that selects all': inEvery('Service', ({ spec }) => (spec!.selector = {})),
    'a NetworkPolicy of nothing': inEvery(
      'NetworkPolicy',
      ({ spec }) => (spec!.podSelector = { matchLabels: { app: 'x' } }),
    ),
    'a budget without a selector': inEvery('PodDisruptionBudget', ({ spec }) => delete spec!.selector),
    'pods spread over those of another': inPod((pod) => {
      pod.topologySpreadConstraints![0]!.labelSelector = {
        matchLabels: { 'app.kubernetes.io/name': 'daytime' },
      };
    }),
  }),
  ...forPolicy('leave the number of replicas to one of Deployment and autoscaler', {
    'both have it': inDeployment(({ spec }) => (spec!.replicas = 2)),
    'none has it': (objects) => remove(objects, 'HorizontalPodAutoscaler echo'),
    'no room': inEvery('HorizontalPodAutoscaler', ({ spec }) => (spec!.maxReplicas = 2)),
    'the autoscaler has another target': inEvery('HorizontalPodAutoscaler', ({ spec }) => {
      spec!.scaleTargetRef.kind = 'DaemonSet';
    }),
    'replicas not spread': inPod((pod) => delete pod.topologySpreadConstraints),
    'fewer while replaced': inDeployment(({ spec }) => delete spec!.strategy),
  }),
  ...forPolicy('be drained from a node one at a time, and never keep it', {
    'no budget': (objects) => remove(objects, 'PodDisruptionBudget echo'),
    'a budget that keeps the only one': inEvery('PodDisruptionBudget', ({ spec }) => {
      delete spec!.maxUnavailable;
      spec!.minAvailable = 1;
    }),
  }),
  ...forPolicy('be in one namespace of its own, which enforces restricted pods', {
    'no namespace': (objects) => remove(objects, 'Namespace echo-daytime'),
    'a namespace that takes everything': inEvery('Namespace', ({ metadata }) => (metadata!.labels = {})),
    'an object elsewhere': inEvery('Service', ({ metadata }) => (metadata!.namespace = 'default')),
  }),
  ...forPolicy('be found by every ServiceMonitor, each pod once', {
    'no Service for it': (objects) => remove(objects, 'Service echo-admin'),
    'two Services for it': inEvery('Service', ({ metadata, spec }) => {
      if (metadata?.name === 'echo') spec!.ports!.push({ name: 'admin', port: 9007, targetPort: 'admin' });
    }),
    'another job': inEvery('ServiceMonitor', ({ spec }) => delete spec!.jobLabel),
    'other Services': inEvery(
      'ServiceMonitor',
      ({ spec }) => (spec!.selector = { matchLabels: { app: 'echo' } }),
    ),
  }),
  ...forPolicy('have rules that expect the services that are there, and no others', {
    'a service that is not there': expects('echo', 'daytime', 'udp-daytime', 'load-probe', 'chargen'),
    'a service without an alert': expects('echo', 'daytime', 'udp-daytime'),
  }),
  ...forPolicy('be written as a server keeps it', {
    'an empty list': inEvery('NetworkPolicy', ({ spec }) => (spec!.egress = [])),
    'no labels, said as such': inEvery('Service', ({ metadata }) => (metadata!.annotations = {})),
    'a field without a value': inEvery('ConfigMap', ({ metadata }) =>
      Object.assign(metadata!, { labels: null }),
    ),
    'a variable that is empty': inContainer((one) => one.env!.push({ name: 'ALLOW', value: '' })),
    'a switch that is off anyway': inPod((pod) => (pod.hostNetwork = false)),
    'a number that is 0 anyway': inContainer((one) => (one.readinessProbe!.initialDelaySeconds = 0)),
    'half a core in another spelling': inContainer((one) => (one.resources!.requests!.cpu = '0.5')),
    'a core in another spelling': inContainer((one) => (one.resources!.limits!.cpu = '1000m')),
    'a gibibyte in another spelling': inContainer((one) => (one.resources!.limits!.memory = '1024Mi')),
    'a number where text is kept': inContainer((one) => (one.resources!.limits!.cpu = 2)),
    'a strategy without its type': inDeployment(({ spec }) => delete spec!.strategy!.type),
    'a port without its protocol': inContainer((one) => delete one.ports![0]!.protocol),
    'a port of a Service without its protocol': inEvery(
      'Service',
      ({ spec }) => delete spec!.ports![0]!.protocol,
    ),
    'a port of a Service without its target': inEvery(
      'Service',
      ({ spec }) => delete spec!.ports![0]!.targetPort,
    ),
    'a port of a NetworkPolicy without its protocol': inEvery(
      'NetworkPolicy',
      ({ spec }) => delete spec!.ingress![0]!.ports![0]!.protocol,
    ),
    'a NetworkPolicy without its types': inEvery('NetworkPolicy', ({ spec }) => delete spec!.policyTypes),
    'a relabeling without its action': inEvery(
      'ServiceMonitor',
      ({ spec }) => delete spec!.endpoints[0]!.relabelings![0]!.action,
    ),
  }),
  ...forPolicy('run one service in each pod, named for it', {
    'a sidecar': inPod((pod) => pod.containers.push({ name: 'proxy', image: 'proxy:1' })),
    'another name': inContainer((one) => (one.name = 'main')),
  }),
  ...forPolicy(
    'run nothing as root',
    {
      'a DaemonSet that is root': inEvery('DaemonSet', (set) => delete podOf(set).securityContext),
    },
    'mesh',
  ),
];
