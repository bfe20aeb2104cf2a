import { probeDaytimeTcp } from './probers/daytime-tcp.ts';
import { probeDaytimeUdp } from './probers/daytime-udp.ts';
import { probeEchoTcp } from './probers/echo-tcp.ts';
import { probeEchoUdp } from './probers/echo-udp.ts';
import type { Protocol } from './protocol.ts';
import type { Prober } from './sample.ts';

export const proberOf: Readonly<Record<Protocol, Prober>> = {
  'echo-tcp': probeEchoTcp,
  'echo-udp': probeEchoUdp,
  'daytime-tcp': probeDaytimeTcp,
  'daytime-udp': probeDaytimeUdp,
};
