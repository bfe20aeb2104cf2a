import { AddressMemory } from '../net/address-memory.ts';
import { isMultiExchange, type Protocol } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from './clock.ts';
import { probeDaytimeTcp } from './fresh/daytime-tcp.ts';
import { probeDialogTcp } from './fresh/dialog-tcp.ts';
import { probeEchoTcp } from './fresh/echo-tcp.ts';
import { probeSessionTcp } from './fresh/session-tcp.ts';
import { probeTcp } from './fresh/tcp-exchange.ts';
import { probeDaytimeUdp, probeEchoUdp, probeStampUdp } from './fresh/udp-probers.ts';
import type { Attempt, FlowEvents, OpenProber, Prober, Reading } from './sample.ts';
import { StickyProber } from './sticky/sticky-prober.ts';
import { sourcePortsOf } from './sweep/source-ports.ts';
import { SweepProber } from './sweep/sweep-prober.ts';

/** By protocol: takes one sample over a new flow. */
const freshProbers: Readonly<
  Record<Protocol, (attempt: Attempt, memory: AddressMemory) => Promise<Reading>>
> = {
  'echo-tcp': probeEchoTcp,
  'echo-udp': probeEchoUdp,
  'daytime-tcp': probeDaytimeTcp,
  'daytime-udp': probeDaytimeUdp,
  'stamp-udp': probeStampUdp,
  'session-tcp': probeSessionTcp,
  'dialog-tcp': probeDialogTcp,
  tcp: probeTcp,
};

export interface ProberOptions {
  readonly target: Target;
  readonly clock: Clock;
  /** Aborts the pending samples and closes the flow that they share. */
  readonly signal: AbortSignal;
  readonly events: FlowEvents;
}

/** The prober of a target, by its protocol and flow. */
export function openProber({ target, ...rest }: ProberOptions): OpenProber {
  const { flow, protocol } = target;
  const memory = new AddressMemory(rest.clock);
  if (flow === 'sticky' && isMultiExchange(protocol)) {
    const prober = new StickyProber({ ...rest, memory, target: { ...target, protocol } });
    return { probe: (attempt) => prober.probe(attempt), close: () => prober.close() };
  }
  const fresh: Prober = (attempt) => freshProbers[protocol](attempt, memory);
  if (flow !== 'sweep') return { probe: fresh, close() {} };
  const sweep = new SweepProber({
    events: rest.events,
    fresh,
    ports: sourcePortsOf(protocol),
  });
  return { probe: (attempt) => sweep.probe(attempt), close() {} };
}
