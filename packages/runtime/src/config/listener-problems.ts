import { isOn, type ListenerSpec, type ListenerSpecs, portOf, variableOf } from '@echo-daytime/worker';
import { workerCount } from '../workers.ts';
import { overlap } from './bind-addresses.ts';
import type { CommonConfig, ListenerConfig } from './common-keys.ts';

type Config = CommonConfig & ListenerConfig;

/** Problems between the keys of a service's listeners, one sentence each. */
export function listenerProblems(listeners: ListenerSpecs, config: Config): string[] {
  const specs = Object.values(listeners);
  if (specs.length === 0) return [];
  const on = specs.filter((spec) => isOn(spec, config));
  return [
    ...freePortProblems(on, config),
    ...proxyProblems(config),
    ...(on.length === 0 ? [nothingToServe(specs)] : []),
    ...portProblems(on, config),
  ];
}

function nothingToServe(specs: readonly ListenerSpec[]): string {
  // Intl takes some MiB, so only the message loads it.
  const off = new Intl.ListFormat('en-GB').format(specs.flatMap(offSetting));
  return `${off} leave nothing to serve; switch one of them on`;
}

/** With several workers, port 0 would give each a port of its own. */
function freePortProblems(on: readonly ListenerSpec[], config: Config): string[] {
  if (workerCount(config.workers) === 1) return [];
  const free = on.filter((spec) => portOf(spec, config) === 0).map(({ port }) => variableOf(port));
  return [...new Set(free)].map(
    (key) => `${key}=0 (any free port) needs WORKERS=1: several workers share one port, so name it`,
  );
}

function proxyProblems({ proxyProtocol = 'off', trustedProxies = [] }: Config): string[] {
  if (proxyProtocol === 'off' || trustedProxies.length > 0) return [];
  return [
    `PROXY_PROTOCOL=${proxyProtocol} trusts no proxy while TRUSTED_PROXIES is empty; name the proxies' networks`,
  ];
}

/**
 * Listeners of one transport on one port. The kernel would refuse the second listener. With several workers, which share their ports,
 * it would hand each connection or flow to either listener.
 */
function portProblems(on: readonly ListenerSpec[], config: Config): string[] {
  const admin: ListenerSpec = { protocol: 'tcp', port: 'adminPort', declareCounters() {} };
  const listeners = overlap(config.host ?? [], config.adminHost) ? [...on, admin] : on;
  return [...Map.groupBy(listeners, (spec) => `${spec.protocol} ${portOf(spec, config)}`).values()]
    .filter(([first, second]) => second && first && portOf(first, config) !== 0)
    .map((sharing) => {
      const settings = sharing
        .map((spec) => `${variableOf(spec.port)}=${portOf(spec, config)}`)
        .join(' and ');
      const protocol = sharing[0]?.protocol.toUpperCase();
      const remedies = sharing.flatMap(offSetting).reverse().join(' or ');
      const count = sharing.length === 2 ? 'two' : 'three';
      return `${settings} are one ${protocol} port for ${count} listeners; give each its own${remedies && `, or set ${remedies}`}`;
    });
}

/** What switches a listener off: `TCP=off`, `DIALOG_PORT=0`. */
function offSetting({ port, switch: key }: ListenerSpec): string[] {
  return key === undefined ? [] : [`${variableOf(key)}=${key === port ? '0' : 'off'}`];
}
