export { variableOf } from '@echo-daytime/worker';
export { type CommonConfig, commonKeys, identityKeys, tcpKeys, udpKeys } from './config/common-keys.ts';
export { type ConfigSource, describeKeys, flagOf, readConfig } from './config/config.ts';
export {
  addresses,
  choice,
  duration,
  type Key,
  type Keys,
  networks,
  onOff,
  optionalPort,
  port,
  size,
  text,
  timeZone,
  type Values,
  wholeNumber,
} from './config/keys.ts';
export { listenerProblems } from './config/listener-problems.ts';
export { nearest } from './config/misspellings.ts';
export { invisibleFault, quoted, refusedValue, visible } from './config/shown-text.ts';
export { ConfigError, DataPlaneError } from './errors.ts';
export type { CounterSource, SharedMetrics } from './exposition/shared-metrics.ts';
export type { Logger } from './log.ts';
export { dataPlaneBeside, runService } from './run-service.ts';
export type { ServeContext, Service } from './service.ts';
export type { Supervisor } from './supervisor.ts';
