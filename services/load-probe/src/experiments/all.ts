import { runAddresses } from './addresses.ts';
import { runDirection } from './direction.ts';
import { runDscp } from './dscp.ts';
import { runFlows } from './flows.ts';
import { runFresh } from './fresh.ts';
import { runIdle } from './idle.ts';
import { runLookup } from './lookup.ts';
import { runNeighbours } from './neighbours.ts';
import { runOtherProtocol } from './other-protocol.ts';
import { runPorts } from './ports.ts';
import { runRate } from './rate.ts';
import { runRefuser } from './refuser.ts';
import { runSizes } from './sizes.ts';
import type { RunExperiments } from './subject.ts';
import { runSyn } from './syn.ts';
import { runTiming } from './timing.ts';

/** How each experiment is done. */
export const runs: RunExperiments = {
  lookup: runLookup,
  fresh: runFresh,
  addresses: runAddresses,
  neighbours: runNeighbours,
  other_protocol: runOtherProtocol,
  refuser: runRefuser,
  timing: runTiming,
  flows: runFlows,
  ports: runPorts,
  sizes: runSizes,
  rate: runRate,
  dscp: runDscp,
  syn: runSyn,
  direction: runDirection,
  idle: runIdle,
};
