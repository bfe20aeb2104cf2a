export { commonKeys, portProblems, tcpKeys, tcpProblems, udpKeys, udpProblems } from './common-keys.ts';
export { type ConfigSource, describeKeys, flagOf, readConfig, variableOf } from './config.ts';
export { ConfigError, DataPlaneError } from './errors.ts';
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
} from './keys.ts';
export type { Logger } from './log.ts';
export type { CounterSource, SharedMetrics } from './metrics.ts';
export { refusedValue } from './refused-value.ts';
export {
  type CommonConfig,
  dataPlaneBeside,
  runService,
  type ServeContext,
  type Service,
} from './run-service.ts';
export { invisibleFault, quoted, visible } from './shown-text.ts';
export type { Supervisor } from './supervisor.ts';
