import { ECHO_PORT, type FaultLab, TARGET } from './fault-lab.ts';
import type { FaultName } from './faults.ts';
import { PORTS } from './target-programs.ts';

/** Something to explain: a target, a fault of the lab, and the cause that is right. */
export interface Situation {
  readonly name: string;
  readonly url: string;
  readonly fault: FaultName;
  /** Of the parallel routers. */
  readonly index?: number;
  readonly cause: string;
}

const udp = `echo+udp://${TARGET.v4}:${ECHO_PORT}`;
const tcp = `echo+tcp://${TARGET.v4}:${ECHO_PORT}`;
const udp6 = `echo+udp://[${TARGET.v6}]:${ECHO_PORT}`;
const at = (port: number, scheme = 'echo+tcp'): string => `${scheme}://${TARGET.v4}:${port}`;
/** An address of the target's network that no host has. */
const UNUSED = '203.0.113.77';

/** Everything that is tried, with its right cause. */
export const situations: readonly Situation[] = [
  { name: 'healthy UDP', url: udp, fault: 'none', cause: 'healthy' },
  { name: 'healthy TCP', url: tcp, fault: 'none', cause: 'healthy' },
  { name: 'healthy UDP over IPv6', url: udp6, fault: 'none', cause: 'healthy' },
  { name: 'a router without ICMP', url: udp, fault: 'silent router', cause: 'healthy' },
  { name: 'a rewritten mark', url: udp, fault: 'rewritten DSCP', cause: 'healthy' },
  { name: 'closed TCP port', url: at(PORTS.closed), fault: 'none', cause: 'refused' },
  { name: 'closed UDP port', url: at(PORTS.closed, 'echo+udp'), fault: 'none', cause: 'refused' },
  { name: 'dropped UDP', url: udp, fault: 'dropped UDP port', cause: 'filtered_drop' },
  { name: 'dropped UDP over IPv6', url: udp6, fault: 'dropped UDP port', cause: 'filtered_drop' },
  { name: 'dropped TCP', url: tcp, fault: 'dropped TCP port', cause: 'filtered_drop' },
  { name: 'forbidden UDP', url: udp, fault: 'forbidden UDP port', cause: 'filtered_reject' },
  { name: 'reset TCP', url: tcp, fault: 'reset TCP port', cause: 'filtered_reject' },
  { name: 'no host, UDP', url: `echo+udp://${UNUSED}:7`, fault: 'none', cause: 'host_down' },
  { name: 'no host, TCP', url: `echo+tcp://${UNUSED}:7`, fault: 'none', cause: 'host_down' },
  { name: 'no route, UDP', url: udp, fault: 'no way on', cause: 'no_route' },
  { name: 'no route, TCP', url: tcp, fault: 'no way on', cause: 'no_route' },
  { name: 'a dead path', url: udp, fault: 'dead next hop', index: 1, cause: 'path_dead' },
  { name: 'a dead path, TCP', url: tcp, fault: 'dead next hop', index: 1, cause: 'path_dead' },
  { name: 'a lossy path', url: udp, fault: 'lossy next hop', index: 0, cause: 'path_lossy' },
  { name: 'loss', url: udp, fault: 'uniform loss', cause: 'loss' },
  { name: 'loss, TCP', url: tcp, fault: 'uniform loss', cause: 'loss' },
  { name: 'lost answers', url: udp, fault: 'lost answers', cause: 'return_path' },
  { name: 'long packets lost', url: udp, fault: 'packets of a size', cause: 'mtu_hole' },
  { name: 'long packets lost, TCP', url: tcp, fault: 'packets of a size', cause: 'mtu_hole' },
  { name: 'a limit of the rate', url: udp, fault: 'rate limiter', cause: 'rate_limited' },
  { name: 'a policed class', url: udp, fault: 'policed class', cause: 'dscp_policed' },
  { name: 'few new flows', url: udp, fault: 'few new flows', cause: 'new_flows_fail' },
  { name: 'idle flows are cut', url: tcp, fault: 'idle flows', cause: 'idle_cut' },
  { name: 'a full backlog', url: at(PORTS.full), fault: 'none', cause: 'backlog_full' },
  { name: 'closed after accept', url: at(PORTS.closing), fault: 'none', cause: 'accept_then_close' },
  { name: 'never answered', url: at(PORTS.stalled), fault: 'none', cause: 'stalled' },
  { name: 'a slow service', url: at(PORTS.slow), fault: 'none', cause: 'slow_service' },
];

/** What `explain` says of a situation. */
export interface Told {
  readonly name: string;
  readonly cause: string;
  readonly seconds: number;
  readonly sentence: string;
  /** What was seen. */
  readonly observations: readonly string[];
}

/** Explains a situation in a lab that has its fault. */
export async function tell(lab: FaultLab, { name, url }: Situation): Promise<Told> {
  const { stderr, stdout } = await lab.run('explain', '--json', url);
  if (stdout === '') throw new Error(stderr);
  const { cause, elapsedMs, experiments, sentence } = JSON.parse(stdout);
  const seen = experiments.flatMap(
    ({ observations }: { observations: { question: string; outcome: string; detail: string }[] }) =>
      observations.map(({ detail, outcome, question }) => `${question} ${outcome}: ${detail}`),
  );
  return { name, cause, seconds: elapsedMs / 1_000, sentence, observations: seen };
}
