import { readAddress } from '@echo-daytime/addresses';
import type { Need } from '@echo-daytime/diagnosis';
import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { markProblem } from '../net/mark.ts';
import { openUdpEngine } from '../net/udp-engine.ts';
import { walkProblem } from '../net/walk/walk.ts';
import type { Clock } from '../sampling/clock.ts';
import { isMultiExchange, isSized } from '../targets/protocol.ts';
import type { TargetSpec } from '../targets/target.ts';
import { hasOtherProtocol } from './other-protocol.ts';
import type { Subject } from './subject.ts';

export interface SubjectOptions {
  readonly target: TargetSpec;
  readonly maxRate: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What is diagnosed, with what it and this host offer as far as is known before a packet is sent. */
export async function openSubject({ target, ...limits }: SubjectOptions): Promise<Subject> {
  const udp = await openUdpEngine('auto');
  const info = openTcpInfo();
  const own = readAddress(target.host);
  const { protocol } = target;
  const offered: Readonly<Partial<Record<Need, boolean>>> = {
    name: own === undefined,
    address: own !== undefined,
    other_protocol: hasOtherProtocol(protocol),
    lasting_flow: isMultiExchange(protocol),
    // Over UDP the answer of daytime does not tell its request.
    source_ports: protocol !== 'daytime-udp',
    sizes: isSized(protocol),
    marks: markProblem({ protocol, dscp: 0 }, udp) === undefined,
    ttl: (await walkProblem()) === undefined,
    syn: protocol === 'session-tcp',
  };
  const subject: Subject = {
    ...limits,
    target,
    udp,
    tcpInfo: info instanceof TcpInfo ? info : undefined,
    offers: new Set(
      Object.entries(offered).flatMap(([need, isOffered]) => (isOffered ? [need as Need] : [])),
    ),
    addresses: own ? [own] : [],
    address: own,
    details: {},
    get host() {
      return subject.address?.address ?? target.host;
    },
  };
  return subject;
}
