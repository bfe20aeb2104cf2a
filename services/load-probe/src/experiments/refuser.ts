import { type Observation, seen } from '@echo-daytime/diagnosis';
import { hasFailed } from '../net/each-address.ts';
import { type Walk, walk } from '../net/walk/walk.ts';
import type { Protocol } from '../targets/protocol.ts';
import type { Subject } from './subject.ts';

const MAX_HOPS = 30;
const PROBES = 2;
const HOP_TIMEOUT_MS = 700;
/** Hardly any host listens here, so that the host itself says so: its distance. */
const CLOSED_PORT = 61_007;

/** Whether the host refuses, or something before it: a request that ends before the host must not be refused. */
export async function runRefuser(subject: Subject): Promise<readonly Observation[]> {
  const { port, protocol } = subject.target;
  const said = subject.fresh?.samples.find(({ failure }) => failure?.kind === 'refused' && failure.icmp);
  // An ICMP message has a sender; over TCP a reset has that of the host, also where a filter sent it.
  if (said?.failure?.icmp?.from === 'target') return [seen('refuser', 'itself', said.sample.detail)];
  const refused = await walkTo(subject, protocol, port);
  const host = await walkTo(subject, 'echo-udp', CLOSED_PORT);
  if (refused === undefined) return [];
  const last = refused.hops.at(-1);
  if (refused.end === 'stopped') {
    if (last?.address) subject.details.hop = last.address;
    return [
      seen('refuser', 'before_target', `hop ${last?.ttl}, ${last?.address}: ${last?.notes[0] ?? 'refuses'}`),
    ];
  }
  if (refused.end !== 'target' || host?.end !== 'target') return [];
  const words = `refused at hop ${refused.hops.length}, the host is at hop ${host.hops.length}`;
  if (refused.hops.length === host.hops.length) return [seen('refuser', 'near', words)];
  if (refused.hops.length > host.hops.length) return [];
  const hop = host.hops[refused.hops.length - 1]?.address;
  if (hop) subject.details.hop = hop;
  return [seen('refuser', 'before_target', words)];
}

async function walkTo(subject: Subject, protocol: Protocol, port: number): Promise<Walk | undefined> {
  const { address, clock, signal } = subject;
  const walked = await walk({
    ...{ protocol, port, clock, signal, address: address!, sourcePort: 0 },
    ...{ maxHops: MAX_HOPS, count: PROBES, timeoutMs: HOP_TIMEOUT_MS },
  });
  signal.throwIfAborted();
  return hasFailed(walked) ? undefined : walked;
}
