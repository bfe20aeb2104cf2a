export { ConnectionLimit } from './connection-limit.ts';
export {
  type Account,
  Counter,
  CounterBlock,
  type Labels,
  type MetricFamily,
  outstanding,
  type Series,
  settle,
} from './counters.ts';
export { type DataPlane, type DataPlaneContext, describeFailure, runDataPlane } from './data-plane.ts';
export { type Fault, type FaultName, type FaultSet, faultNames, SharedFaults } from './faults.ts';
export {
  Histogram,
  type HistogramCells,
  type HistogramScale,
  histogramCells,
  NATIVE_SCHEMA,
} from './histogram.ts';
export { type IdentityConfig, identityOf } from './identity.ts';
export {
  declareListeners,
  isOn,
  type ListenerSpec,
  type ListenerSpecs,
  portOf,
  variableOf,
} from './listener.ts';
export {
  type BoundAddress,
  type Failure,
  type FromWorker,
  HEARTBEAT_INTERVAL_MS,
  monotonicSeconds,
  type ToWorker,
  type WorkerStart,
} from './messages.ts';
export { OpenDescriptors } from './open-descriptors.ts';
