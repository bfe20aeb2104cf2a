import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Namespace } from '../../../../tests/harness/namespace.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import type { FailureCount } from '../../src/series/tally.ts';
import { ended } from '../program.ts';
import { createPath, type NetworkPath, ON_LINK, ROUTER_TO_CLIENT, SERVER, UNUSED } from './network-path.ts';

/** Timeout of connects that get no reply: two SYNs. */
const DIAL = ['--dial-timeout', '1500ms'];
const MTU = ['mtu', '--json', '--timeout', '400ms'];

describe('a path through a router', skipFor(Namespace.problem()), () => {
  /** For tests that leave nothing behind: a router limits the rate of its ICMP messages, and a host keeps an MTU it was told. */
  let shared: NetworkPath;
  let echo: number;
  beforeAll(async () => {
    shared = createPath({ serverMtu: 1500 });
    echo = await shared.startEcho();
  });
  afterEach(() => shared.clear());
  afterAll(() => shared[Symbol.dispose]());

  it('should show its smaller MTU by ICMP, and carry fragments', async () => {
    using path = createPath({ serverMtu: 1280 });
    const port = await path.startEcho();
    const report = JSON.parse((await path.run([...MTU, `echo+udp://${SERVER}:${port}`])).stdout);
    expect(report).toMatchObject({ result: 'found', largestBytes: 65_507, hole: null });
    expect(report.interface).toEqual({ name: 'c0', mtu: 1500 });
    // What one packet holds is the first to be too large for the second link in one piece.
    expect(report.sizes.find(({ bytes }: { bytes: number }) => bytes === 1_472)).toMatchObject({
      outcome: 'returned',
      words: expect.stringContaining(`says router ${ROUTER_TO_CLIENT} (ICMP fragmentation needed)`),
    });
    expect(report.words.at(-1)).toContain(
      'the path has a smaller MTU, and its ICMP messages reach this host as they should',
    );
  });

  it('should show a black hole: whole packets that are too large get lost, and no ICMP message comes', async () => {
    using path = createPath({ serverMtu: 1280 });
    path.filter('add rule ip path output icmp type destination-unreachable drop');
    const port = await path.startEcho();
    const { code, stdout } = await path.run([...MTU, '--min', '1472', `echo+udp://${SERVER}:${port}`]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ largestBytes: 65_507, hole: { from: 1_253, to: 1_472 }, held: false });
    expect(report.words.at(-1)).toMatch(
      /^but 1253 to 1472 bytes do not return: .* a smaller MTU, about 1280, and no ICMP message/,
    );
    expect(code).toBe(1);
  });

  it.each([
    { how: 'an IPv4-mapped address', host: `::ffff:${SERVER}`, at: 'server', headers: 28 },
    { how: 'an address with a zone', host: `${ON_LINK}%c0`, at: 'router', headers: 48 },
    { how: 'a zone as it is written in URLs', host: `${ON_LINK}%25c0`, at: 'router', headers: 48 },
  ] as const)('should show a hole behind $how', async ({ at, headers, host }) => {
    shared.filter(
      'add rule ip path forward ip frag-off & 0x3fff == 0 ip length 1351-1500 drop',
      'add table ip6 path',
      'add chain ip6 path input { type filter hook input priority 0; }',
      // A whole packet, no fragment.
      'add rule ip6 path input ip6 nexthdr udp meta length 1351-1500 drop',
    );
    const port = await shared.startEcho(at);
    const { code, stdout } = await shared.run([...MTU, '--min', '1350', `echo+udp://[${host}]:${port}`]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      interface: { name: 'c0', mtu: 1_500 },
      packetBytes: report.largestBytes + headers,
      hole: { from: 1_351 - headers, to: 1_500 - headers },
      held: false,
    });
    expect(code).toBe(1);
  });

  it('should mention an earlier refusal at a silence, because hosts limit the rate of refusals', async () => {
    using path = createPath({ serverMtu: 1500 });
    const args = ['check', '--json', '--count', '30', '--rate', '20', '--timeout', '200ms'];
    const { stdout } = await path.run([...args, `echo+udp://${SERVER}:9?flow=both`]);
    for (const { failures } of JSON.parse(stdout).targets) {
      const words = new Map(failures.map(({ detail, outcome }: FailureCount) => [outcome, detail]));
      expect(words.get('refused')).toBe(`nothing listens on ${SERVER}:9 (ECONNREFUSED)`);
      expect(words.get('lost')).toMatch(
        /within 1200 ms; it refused \d+ ms ago and has not answered since, so most likely nothing listens there: /,
      );
    }
  });

  it('should mention an earlier ICMP message of a firewall at a silence, because its rate is limited too', async () => {
    using path = createPath({ serverMtu: 1500 });
    path.filter('add rule ip path forward udp dport 9 reject with icmp admin-prohibited');
    const args = ['check', '--json', '--count', '30', '--rate', '20', '--timeout', '200ms'];
    const { stdout } = await path.run([...args, `echo+udp://${SERVER}:9?flow=both`]);
    for (const { failures } of JSON.parse(stdout).targets) {
      const words = new Map(failures.map(({ detail, outcome }: FailureCount) => [outcome, detail]));
      expect(words.get('unreachable')).toBe(
        `the traffic to ${SERVER}:9 is forbidden, says router ${ROUTER_TO_CLIENT} (ICMP communication administratively prohibited)`,
      );
      expect(words.get('lost')).toMatch(
        /within 1200 ms; a firewall or a router forbade the traffic \d+ ms ago and nothing has come back since, /,
      );
    }
  });

  it('should not hold a gate above a hole that a stopped search had not reached', async () => {
    using path = createPath({ serverMtu: 1280 });
    path.filter('add rule ip path output icmp type destination-unreachable drop');
    const port = await path.startEcho();
    const { stdout, stderr } = await path.evaluate(`
      const { systemClock: clock } = await import(${source('sampling/clock.ts')});
      const { openUdpEngine } = await import(${source('net/udp-engine.ts')});
      const { findLargest } = await import(${source('commands/mtu/run.ts')});
      const { hasHeld, textReport } = await import(${source('commands/mtu/report.ts')});
      const stopping = new AbortController();
      const search = await findLargest({
        host: '${SERVER}', port: ${port}, maxBytes: 65_535, timeoutMs: 5_000, tries: 3, clock, signal: stopping.signal,
        udp: await openUdpEngine('auto'),
        tried: ({ bytes }) => void (bytes === 65_507 && stopping.abort()), failed() {},
      });
      const held = [24, 25, 1_472, 1_473].filter((minBytes) => hasHeld({ minBytes }, search));
      console.log(JSON.stringify({ held, text: textReport({ minBytes: 1_400 }, search) }));`);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      held: [24],
      text:
        'stopped; datagrams of 65507 bytes return in fragments; whole packets are known to return up to 24 bytes only\n' +
        '--min 1400 did not hold\n',
    });
  });

  it.each(['batch', 'dgram'])(
    'should not blame the ICMP message to one datagram on the next: %s',
    async (engine) => {
      using path = createPath({ serverMtu: 1280 });
      const port = await path.startEcho();
      const { stdout, stderr } = await path.evaluate(`
      const { systemClock: clock } = await import(${source('sampling/clock.ts')});
      const { openUdpEngine } = await import(${source('net/udp-engine.ts')});
      const { trySize } = await import(${source('commands/mtu/try-size.ts')});
      const udp = await openUdpEngine('${engine}');
      const { socket } = await udp.open({ address: '${SERVER}', family: 4 }, ${port});
      const options = { clock, signal: new AbortController().signal, run: 1, timeoutMs: 5_000, tries: 3 };
      await trySize(socket, 'peer', 24, options);
      socket.send(Buffer.alloc(1472), () => {});
      // The message comes while the socket is not read, so the next call on the socket gets the error.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      console.log(JSON.stringify(await trySize(socket, 'peer', 24, options)));
      socket.close();`);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ bytes: 24, outcome: 'returned' });
    },
  );

  it('should show that fragments do not arrive', async () => {
    shared.filter('add rule ip path forward ip frag-off & 0x3fff != 0 drop');
    const report = JSON.parse((await shared.run([...MTU, `echo+udp://${SERVER}:${echo}`])).stdout);
    expect(report).toMatchObject({ largestBytes: 1_472, packetBytes: 1_500, hole: null });
    expect(report.sizes.at(-1)).toEqual({ bytes: 1_473, outcome: 'lost', tries: 3 });
    expect(report.words.at(-1)).toBe(
      'one packet of c0 (MTU 1500) holds 1472 bytes: whole packets arrive, fragments do not',
    );
  });

  it('should not blame the path for datagrams that are queued in this host when a load is stopped', async () => {
    using path = createPath({ serverMtu: 1500 });
    const port = await path.startEcho();
    const { stdout, stderr } = await path.evaluate(`
      import { execFileSync } from 'node:child_process';
      import { Socket } from 'node:dgram';
      const { UdpFlow } = await import(${source('commands/load/udp-flow.ts')});
      const { echoDatagrams } = await import(${source('commands/load/datagram-protocols.ts')});
      execFileSync('tc', 'qdisc add dev c0 root tbf rate 100kbit burst 4kb latency 600s'.split(' '));
      let waiting = 0;
      const { close } = Socket.prototype;
      Socket.prototype.close = function (...args) {
        waiting = this.getSendQueueCount();
        return close.apply(this, args);
      };
      const failed = [];
      const listener = { answered() {}, failed: (...what) => failed.push(what), opened() {}, onReady() {}, unexpected() {} };
      const pipeline = 40;
      const protocol = echoDatagrams({ pipeline, sizeBytes: 30_000, run: 1 });
      const clock = { now: () => 0 };
      const address = { address: '${SERVER}', family: 4 };
      const peer = { clock, address, port: ${port}, remote: 'remote' };
      const flow = new UdpFlow({ ...peer, listener, protocol, timeoutMs: 60_000, pipeline });
      await flow.open();
      while (flow.capacity > 0) flow.begin(0, 0);
      flow.flush();
      flow.close();
      process.on('exit', () => console.log(JSON.stringify({ failed, isWaiting: waiting > 0 })));`);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ failed: [], isWaiting: true });
  });

  it('should let send distinguish a filter for one port from a missing host', async () => {
    shared.filter(`add rule ip path forward tcp dport ${echo} drop`);
    const args = ['send', ...DIAL, '--data', 'x'];
    const filtered = await shared.run([...args, `${SERVER}:${echo}`]);
    expect(filtered.stderr).toMatch(
      /^connect_timeout: no connection to \S+ within \d+ ms; (one SYN was|\d SYNs were) sent; the host is up: it answers a connect to another port at once\nnext: a filter .*accept queue/,
    );
    shared.filter('add rule ip path forward drop');
    const swallowed = await shared.run([...args, `${SERVER}:${echo}`]);
    expect(swallowed.stderr).toMatch(
      /^connect_timeout: .*; nor did the host answer on another port\nnext: no reply came/,
    );
    const lost = await shared.run([
      'send',
      '--udp',
      '--read-timeout',
      '300ms',
      '--data',
      'x',
      `${SERVER}:${echo}`,
    ]);
    expect(lost.stderr).toMatch(/\nlost: no answer from \S+ within 300 ms\n/);
  });

  it('should let send distinguish a router that refuses from an unused address', async () => {
    shared.filter('add rule ip path forward tcp dport 7 reject with icmp type net-unreachable');
    const rejected = await shared.run(['send', '--data', 'x', `${SERVER}:7`]);
    expect(rejected.stderr).toMatch(
      /^unreachable: a router has no route to the network of \S+, or a firewall forbids it: .* \(ENETUNREACH\)\nnext: .*check this host's route/,
    );
    const unused = await shared.run(['send', '--data', 'x', '--dial-timeout', '15s', `${UNUSED}:9`]);
    expect(unused.stderr).toMatch(
      /^unreachable: there is no way to the host of \S+, or .* \(EHOSTUNREACH\)\n/,
    );
    const noRoute = await shared.run(['send', '--data', 'x', '203.0.113.1:9']);
    expect(noRoute.stderr).toMatch(/^unreachable: there is no route to the network of \S+ \(ENETUNREACH\)\n/);
  });

  it('should let send and idle over UDP name the router that has no route', async () => {
    using path = createPath({ serverMtu: 1500 });
    path.filter('add rule ip path forward udp dport 9 reject with icmp type host-unreachable');
    const says = `no route to the host of ${SERVER}:9, says router ${ROUTER_TO_CLIENT} (ICMP host unreachable)`;
    const sent = await path.run(['send', '--udp', '--data', 'x', `${SERVER}:9`]);
    expect(sent.stderr).toContain(`\nunreachable: ${says}`);
    const idle = await path.run([
      'idle',
      '--json',
      '--timeout',
      '500ms',
      '--max',
      '1s',
      `echo+udp://${SERVER}:9`,
    ]);
    expect(JSON.parse(idle.stdout)).toMatchObject({ held: false, words: [expect.stringContaining(says)] });
  });

  it('should let send notice by keep-alive that the peer is gone', async () => {
    const child = shared.start([
      'send',
      '--data',
      'x',
      '--keep-open',
      '--keepalive',
      '1s',
      '--read-timeout',
      '0s',
      `${SERVER}:${echo}`,
    ]);
    const ending = ended(child);
    await once(child.stdout!, 'data');
    shared.filter('add rule ip path forward drop');
    const { code, stderr, stdout } = await ending;
    expect(stdout).toBe('x');
    expect(stderr).toMatch(
      /\nread_timeout: the system gave up on the connection to \S+ \(ETIMEDOUT\), after 1 byte sent/,
    );
    expect(code).toBe(1);
  });

  it('should let idle find a box that forgets an idle connection and drops its packets', async () => {
    // A packet passes only within 2 s of the last packet of its flow, as with a stateful firewall.
    shared.filter(
      'add set ip path alive { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 2s; }',
      'add rule ip path forward tcp flags & syn == syn add @alive { ip saddr . tcp sport } accept',
      `add rule ip path forward tcp dport ${echo} ip saddr . tcp sport @alive update @alive { ip saddr . tcp sport } accept`,
      `add rule ip path forward tcp dport ${echo} drop`,
    );
    const args = ['idle', '--json', '--max', '4s', '--resolution', '400ms', '--timeout', '1s'];
    const report = JSON.parse((await shared.run([...args, `echo+tcp://${SERVER}:${echo}`])).stdout);
    expect(report).toMatchObject({ result: 'died', cause: 'silent', whenAsked: true });
    expect(report.aliveMs).toBeGreaterThanOrEqual(1_000);
    expect(report.deadMs).toBeGreaterThanOrEqual(1_900);
    expect(report.deadMs).toBeLessThanOrEqual(2_900);
  });
});

/** The address of a module, quoted. */
function source(path: string): string {
  return JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
}
