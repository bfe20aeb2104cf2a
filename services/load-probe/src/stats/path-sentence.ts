import { counted, percent } from './format.ts';
import type { JudgedPorts } from './judge-ports.ts';
import { type PortClass, samplesToTell } from './port-classes.ts';

/** Ports that a sentence names; the report has all of them. */
const MAX_NAMED = 4;

/** The verdict in words, such as `about 1 of 4 paths is dead: ports 40003, 40011, … lose everything, the others nothing`. */
export function sentenceOf(verdict: JudgedPorts): string {
  return verdict.bad.length > 0 ? differing(verdict) : alike(verdict);
}

/** `about 1 of 4 paths`, for a share of ports. */
export function pathsWords(share: number): string {
  if (share > 0.5) {
    const paths = Math.round(1 / (1 - share));
    return `about ${paths - 1} of ${paths} paths ${paths === 2 ? 'is' : 'are'}`;
  }
  return `about 1 of ${Math.round(1 / share)} paths is`;
}

function differing({ bad, groups, unclear }: JudgedPorts): string {
  const [best, ...worse] = groups;
  const ports = groups.reduce((sum, group) => sum + group.ports.length, 0);
  const clauses = worse
    .map((group) => ({ ...group, named: group.ports.filter((port) => bad.includes(port)) }))
    .filter(({ named }) => named.length > 0)
    .reverse()
    .map(({ lost, named, sent }) => {
      const state = lost === sent ? 'dead' : 'lossy';
      return `${pathsWords(named.length / ports)} ${state}: ${portsWords(named)} ${loseWords({ lost, sent }, named.length)}`;
    });
  const rest = `the others ${best!.lost === 0 ? 'nothing' : percent(best!.lost / best!.sent)}`;
  const more = unclear.length > 0 ? `; ${counted(unclear.length, 'port')} had too few samples to tell` : '';
  return `${clauses.join('; ')}, ${rest}${more}`;
}

/** One that a balancer chooses by addresses alone looks the same to all ports. */
const NO_PATH = 'no path that is chosen by source port';

function alike({ groups, verdict }: JudgedPorts): string {
  const ports = groups.reduce((sum, group) => sum + group.ports.length, 0);
  const sent = groups.reduce((sum, group) => sum + group.sent, 0);
  const lost = groups.reduce((sum, group) => sum + group.lost, 0);
  if (sent === 0) return 'no sample was sent';
  const samples = `${counted(sent, 'sample')} on ${counted(ports, 'port')}`;
  if (lost === sent) return `everything is lost, ${samples}: ${NO_PATH} is at fault`;
  if (groups.length > 1) return `some ports lose more than others, but ${samples} are too few to name them`;
  const needed = samplesToTell(ports);
  const few = sent / ports < needed ? `, as far as so few samples can tell: ${neededWords(needed)}` : '';
  if (verdict === 'clean') return `nothing of ${samples} is lost, so no path differs${few}`;
  return `${percent(lost / sent)} of ${samples} are lost, by all ports alike, so ${NO_PATH} is at fault${few}`;
}

function neededWords(samples: number): string {
  return Number.isFinite(samples)
    ? `a dead path shows from ${samples} samples of each port on`
    : 'one port can be compared with no other';
}

function portsWords(ports: readonly number[]): string {
  const more = ports.length > MAX_NAMED ? ', …' : '';
  return `port${ports.length === 1 ? '' : 's'} ${ports.slice(0, MAX_NAMED).join(', ')}${more}`;
}

function loseWords({ lost, sent }: Pick<PortClass, 'lost' | 'sent'>, ports: number): string {
  const verb = ports === 1 ? 'loses' : 'lose';
  return `${verb} ${lost === sent ? 'everything' : percent(lost / sent)}`;
}
