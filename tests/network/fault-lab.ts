import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Ended, MAIN } from '../../services/load-probe/test/program.ts';
import { ThreadHost } from '../../services/load-probe/test/thread-host.ts';
import { mainOfService, NODE } from '../harness/main-module.ts';
import { ip, Namespace } from '../harness/namespace.ts';
import { type FaultName, faults, nftOf } from './faults.ts';

/** Addresses of the lab, from networks for documentation and benchmarks; they exist in its namespaces only. */
export const CLIENT = { v4: '192.0.2.2', v6: '2001:db8:1::2' };
export const ENTRY = { v4: '192.0.2.1', v6: '2001:db8:1::1' };
/** The parallel routers by index, as a trace sees them. */
export const nextHop = (index: number) => ({ v4: `198.18.${index}.2`, v6: `2001:db8:2:${index}::2` });
/** The exit as a trace sees it behind each of them. */
export const exitBehind = (index: number) => ({ v4: `198.19.${index}.1`, v6: `2001:db8:3:${index}::1` });
export const TARGET = { v4: '203.0.113.2', v6: '2001:db8:4::2' };
/** Of the exit, on the link of the target. */
const EXIT = { v4: '203.0.113.1', v6: '2001:db8:4::1' };
const BACK = { entry: ['198.51.100.1', '2001:db8:5::1'], exit: ['198.51.100.2', '2001:db8:5::2'] };

export const ECHO_PORT = 7007;
export const STAMP_PORT = 7862;

/** Also as root, who may read the program under test. */
const UNPRIVILEGED = ['setpriv', '--inh-caps=-all', '--bounding-set=-all', ...NODE];

/**
 * Of the hash that picks a next hop, so that the same port takes the same path in each run. The exit has another seed: the
 * kernel's hash is that of both directions, and a reply would always come back by the next hop of its request.
 */
const HASH_SEED = { entry: 862, exit: 867 };

const SYSCTLS = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv4.conf.all.rp_filter=0',
  // Custom: addresses, protocol and ports. Layer 4 would take the hash that the sender's socket gave to its packets.
  'net.ipv4.fib_multipath_hash_policy=3',
  'net.ipv6.fib_multipath_hash_policy=3',
  'net.ipv4.fib_multipath_hash_fields=0x37',
  'net.ipv6.fib_multipath_hash_fields=0x37',
  // The lab's routers report every datagram, more than the default rate limit of a router.
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv6.icmp.ratelimit=0',
  // The address of the interface that the datagram came in by, as routers do it.
  'net.ipv4.icmp_errors_use_inbound_ifaddr=1',
];

export interface LabOptions {
  readonly nextHops?: number;
  /** Whether replies take the parallel paths, in place of a link of their own. */
  readonly repliesByNextHops?: boolean;
}

export interface Flow {
  readonly sourcePort: number;
  readonly protocol: 'udp' | 'tcp';
  readonly port?: number;
}

/**
 * A client and a target with parallel routers between them:
 *
 *     client — entry — next hop 0 — exit — target
 *                    — next hop 1 —
 *                    — …          —
 *
 * The entry picks the next hop by the 5-tuple. Replies take a link of their own from the exit to the entry, so a fault
 * of a next hop concerns requests only, or with `repliesByNextHops` the parallel paths too.
 */
export class FaultLab implements Disposable {
  readonly client: Namespace;
  readonly entry: Namespace;
  readonly nextHops: readonly Namespace[];
  readonly exit: Namespace;
  readonly target: Namespace;
  readonly #all: Namespace[] = [];
  readonly #broken = new Set<Namespace>();
  #host: ThreadHost | undefined;

  /** Why there is no lab here, or undefined. */
  static problem(): string | undefined {
    return Namespace.problem();
  }

  constructor({ nextHops = 2, repliesByNextHops = false }: LabOptions = {}) {
    removeAbandoned();
    try {
      this.client = this.#namespace();
      this.entry = this.#namespace();
      this.nextHops = Array.from({ length: nextHops }, () => this.#namespace());
      this.exit = this.#namespace();
      this.target = this.#namespace();
      this.#connect();
      this.#route(repliesByNextHops);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Breaks the lab in one way, in place of the fault before. @param index which next hop, for a fault of one */
  break(name: FaultName, index = 0): void {
    this.mend();
    const fault = faults[name];
    const router = fault.place === 'exit' ? this.exit : this.nextHops[index]!;
    this.#broken.add(router);
    inside(router, ['nft', '-f', '-'], nftOf(fault));
  }

  /** Makes every path clean again. */
  mend(): void {
    for (const router of this.#broken) inside(router, ['nft', '-f', '-'], nftOf({}));
    this.#broken.clear();
  }

  /** Which next hop each flow from the client takes over IPv4, asked of the kernel; for IPv6 it does not tell. */
  nextHopsOf(flows: readonly Flow[]): readonly number[] {
    const lines = flows.map(({ port = ECHO_PORT, protocol, sourcePort }) =>
      [
        `route get ${TARGET.v4} from ${CLIENT.v4} iif near`,
        `ipproto ${protocol} sport ${sourcePort} dport ${port}`,
      ].join(' '),
    );
    const output = inside(this.entry, ['ip', '-batch', '-'], lines.join('\n'));
    return [...output.matchAll(/ dev far(\d+)/g)].map(([, index]) => Number(index));
  }

  /** Starts echo at the target, with UDP, TCP and STAMP; resolves when it listens. */
  async startEcho(): Promise<void> {
    const hosts = `${TARGET.v4},${TARGET.v6}`;
    const flags = ['--host', hosts, '--port', String(ECHO_PORT), '--stamp-port', String(STAMP_PORT)];
    const more = ['--dialog-port', '0', '--rate-per-source', '0'];
    const program = this.target.start(...NODE, mainOfService('echo'), ...flags, ...more);
    for await (const line of createInterface({ input: program.stdout! })) {
      if (JSON.parse(line).msg === 'listening') break;
    }
    program.stdout!.resume();
  }

  /** Runs the load probe at the client, in a thread, without a capability. */
  run(...args: readonly string[]): Promise<Ended> {
    this.#host ??= new ThreadHost(this.client, UNPRIVILEGED);
    return this.#host.run(MAIN, args);
  }

  [Symbol.dispose](): void {
    for (const namespace of this.#all.splice(0)) namespace[Symbol.dispose]();
  }

  #namespace(): Namespace {
    const namespace = new Namespace();
    this.#all.push(namespace);
    return namespace;
  }

  /** In each namespace `near` is towards the client, and `far` towards the target. */
  #connect(): void {
    const { client, entry, exit, target } = this;
    const link = (upper: Namespace, down: string, lower: Namespace, up: string): string =>
      `link add ${down} netns ${upper.name} type veth peer name ${up} netns ${lower.name}`;
    const links = [
      link(client, 'far', entry, 'near'),
      ...this.nextHops.flatMap((hop, index) => [
        link(entry, `far${index}`, hop, 'near'),
        link(hop, 'far', exit, `near${index}`),
      ]),
      link(exit, 'far', target, 'near'),
      link(entry, 'back', exit, 'back'),
    ];
    execFileSync('ip', ['-batch', '-'], { input: links.join('\n'), stdio: ['pipe', 'ignore', 'pipe'] });
    for (const namespace of [entry, ...this.nextHops, exit]) namespace.execute('sysctl', '-qw', ...SYSCTLS);
    for (const [namespace, seed] of [
      [entry, HASH_SEED.entry],
      [exit, HASH_SEED.exit],
    ] as const) {
      namespace.execute('sysctl', '-qw', `net.ipv4.fib_multipath_hash_seed=${seed}`);
    }
  }

  #route(repliesByNextHops: boolean): void {
    const hops = this.nextHops.map((_, index) => index);
    const ways = (family: 'v4' | 'v6', to: (index: number) => { v4: string; v6: string }, device: string) =>
      hops.map((index) => `nexthop via ${to(index)[family]} dev ${device}${index}`).join(' ');
    const clients = ['192.0.2.0/24', '2001:db8:1::/64'];
    /** Of a next hop, towards the exit. */
    const below = (index: number) => ({ v4: `198.19.${index}.2`, v6: `2001:db8:3:${index}::2` });
    set(this.client, { far: [`${CLIENT.v4}/24`, `${CLIENT.v6}/64`] }, [
      `default via ${ENTRY.v4}`,
      `default via ${ENTRY.v6}`,
    ]);
    const towards = (index: number) => [`198.18.${index}.1/24`, `2001:db8:2:${index}::1/64`];
    set(
      this.entry,
      {
        near: [`${ENTRY.v4}/24`, `${ENTRY.v6}/64`],
        back: [`${BACK.entry[0]}/24`, `${BACK.entry[1]}/64`],
        ...Object.fromEntries(hops.map((index) => [`far${index}`, towards(index)])),
      },
      [`203.0.113.0/24 ${ways('v4', nextHop, 'far')}`, `2001:db8:4::/64 ${ways('v6', nextHop, 'far')}`],
    );
    for (const [index, hop] of this.nextHops.entries()) {
      const { v4, v6 } = nextHop(index);
      const far = [`${below(index).v4}/24`, `${below(index).v6}/64`];
      set(hop, { near: [`${v4}/24`, `${v6}/64`], far }, [
        ...[`198.18.${index}.1`, `2001:db8:2:${index}::1`].map((via, at) => `${clients[at]} via ${via}`),
        `203.0.113.0/24 via ${exitBehind(index).v4}`,
        `2001:db8:4::/64 via ${exitBehind(index).v6}`,
      ]);
    }
    const above = (index: number) => [`${exitBehind(index).v4}/24`, `${exitBehind(index).v6}/64`];
    set(
      this.exit,
      {
        far: [`${EXIT.v4}/24`, `${EXIT.v6}/64`],
        back: [`${BACK.exit[0]}/24`, `${BACK.exit[1]}/64`],
        ...Object.fromEntries(hops.map((index) => [`near${index}`, above(index)])),
      },
      clients.map((network, at) => {
        const byNextHops = ways(at === 0 ? 'v4' : 'v6', below, 'near');
        return `${network} ${repliesByNextHops ? byNextHops : `via ${BACK.entry[at]}`}`;
      }),
    );
    set(this.target, { near: [`${TARGET.v4}/24`, `${TARGET.v6}/64`] }, [
      `default via ${EXIT.v4}`,
      `default via ${EXIT.v6}`,
    ]);
  }
}

/** Gives devices their addresses, brings them up, and adds routes. */
function set(
  namespace: Namespace,
  devices: Readonly<Record<string, readonly string[]>>,
  routes: readonly string[],
): void {
  const lines = Object.entries(devices).flatMap(([device, addresses]) => [
    ...addresses.map((address) => {
      // Without duplicate address detection, which would delay an IPv6 address.
      return `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
    }),
    `link set ${device} up`,
  ]);
  lines.push(...routes.map((route) => `route add ${route}`));
  const input = lines.join('\n');
  execFileSync('ip', ['-n', namespace.name, '-batch', '-'], { input, stdio: ['pipe', 'ignore', 'pipe'] });
}

function inside({ launcher }: Namespace, command: readonly string[], input: string): string {
  const [program, ...flags] = launcher;
  return execFileSync(program!, [...flags, ...command], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Namespaces of a run that was killed outlive it. */
function removeAbandoned(): void {
  for (const name of readdirSync('/run/netns')) {
    const [, pid] = /^l4-(\d+)-\d+$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) ip('netns', 'del', name);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
