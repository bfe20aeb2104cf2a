import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { canonicalAddress } from '@echo-daytime/addresses';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAIN } from '../../services/load-probe/test/program.ts';
import { ThreadHost } from '../../services/load-probe/test/thread-host.ts';
import { NODE } from '../harness/main-module.ts';
import { ip, Namespace } from '../harness/namespace.ts';
import { skipFor } from '../harness/skip-for.ts';
import { CLIENT, ECHO_PORT, ENTRY, exitBehind, FaultLab, nextHop, STAMP_PORT, TARGET } from './fault-lab.ts';

/** Without a capability, also as root, who may read the program under test. */
const UNPRIVILEGED = ['setpriv', '--inh-caps=-all', '--bounding-set=-all', ...NODE];
/** Longer than a busy machine stalls. */
const PATIENT = ['--timeout', '10s'];
/** Has two addresses at the client, of which one answers. */
const NAME = 'target.example';

interface Hop {
  readonly ttl: number;
  readonly address: string | null;
  readonly rttMs: number | null;
  readonly sent: number;
  readonly lost: number;
  readonly notes: readonly string[];
}

/** The JSON of trace. */
async function trace(client: ThreadHost, ...args: readonly string[]) {
  const { code, stderr, stdout } = await client.run(MAIN, ['trace', '--json', ...args]);
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout);
  const hops: readonly Hop[] = report.hops;
  return { ...report, code, hops, addresses: hops.map(({ address }) => address) };
}

describe('trace', skipFor(FaultLab.problem()), () => {
  let lab: FaultLab;
  let client: ThreadHost;
  /** A port for each next hop, over UDP and TCP. */
  const ports = { udp: [0, 0], tcp: [0, 0] };
  beforeAll(async () => {
    lab = new FaultLab();
    lab.client.useHosts(`2001:db8:4::99 ${NAME}`, `${TARGET.v4} ${NAME}`);
    client = new ThreadHost(lab.client, UNPRIVILEGED);
    await lab.startEcho();
    for (const protocol of ['udp', 'tcp'] as const) {
      const flows = Array.from({ length: 16 }, (_, index) => ({ sourcePort: 20_000 + index, protocol }));
      const hops = lab.nextHopsOf(flows);
      ports[protocol] = [0, 1].map((hop) => flows[hops.indexOf(hop)]!.sourcePort);
    }
  });
  afterEach(() => lab.mend());
  afterAll(() => lab[Symbol.dispose]());

  const waysOf = (family: 'v4' | 'v6', index: number) =>
    [ENTRY, nextHop(index), exitBehind(index), TARGET].map((hop) => canonicalAddress(hop[family]));
  const indexOf = (family: 'v4' | 'v6', addresses: readonly (string | null)[]) =>
    addresses[1] === waysOf(family, 0)[1] ? 0 : 1;

  it.each(['udp', 'tcp'] as const)(
    'should find the hops of two flows and where they part: %s',
    async (protocol) => {
      const [one, other] = ports[protocol];
      const flows = ['--source-port', `${one}`, '--against', `${other}`];
      const report = await trace(
        client,
        ...PATIENT,
        ...flows,
        `echo+${protocol}://${TARGET.v4}:${ECHO_PORT}`,
      );
      expect(report, report.words.join('\n')).toMatchObject({
        ...{ code: 0, held: true, end: 'target', sourcePort: one, addresses: waysOf('v4', 0) },
        parting: { ttl: 2, address: nextHop(0).v4, against: nextHop(1).v4, commonTtl: 1 },
      });
      const second = report.against.hops.map(({ address }: Hop) => address);
      expect([report.against.sourcePort, second]).toEqual([other, waysOf('v4', 1)]);
      for (const { lost, notes, rttMs, ttl } of report.hops as Hop[]) {
        expect({ lost, isTimed: rttMs! > 0 }).toEqual({ lost: 0, isTimed: true });
        // Answers of the exit, and of the target over UDP, take a shorter way.
        const back = /^the way back has \d hops: the answer came with TTL \d+, of probably 64$/;
        if (ttl < 3 || (ttl === 4 && protocol === 'tcp')) expect(notes).toEqual([]);
        else expect(notes).toEqual([expect.stringMatching(back)]);
      }
    },
  );

  it.each([
    `echo+udp://[${TARGET.v6}]:${ECHO_PORT}`,
    `stamp+udp://[${TARGET.v6}]:${STAMP_PORT}`,
    `tcp://[${TARGET.v6}]:${ECHO_PORT}`,
  ])('should find the hops over IPv6: %s', async (url) => {
    const { addresses, end } = await trace(client, ...PATIENT, '--count', '1', url);
    const index = indexOf('v6', addresses);
    expect({ addresses, end }).toEqual({ addresses: waysOf('v6', index), end: 'target' });
  });

  it.each(['udp', 'tcp'] as const)('should find a silent router not guilty: %s', async (protocol) => {
    lab.break('silent router', 0);
    const source = ['--timeout', '3s', '--source-port', `${ports[protocol][0]}`];
    const { code, hops } = await trace(client, ...source, `echo+${protocol}://${TARGET.v4}:${ECHO_PORT}`);
    expect({ code, hop: hops[1] }).toMatchObject({
      code: 0,
      hop: { address: null, rttMs: null, notes: [expect.stringMatching(/^silent: none .* passes on what/)] },
    });
    expect(hops[1]!.lost).toBe(hops[1]!.sent);
    expect(hops[3]!.address).toBe(TARGET.v4);
  });

  it('should name the last hop of a dead way, and where the way of another flow goes on', async () => {
    lab.break('dead next hop', 1);
    const [good, bad] = ports.udp;
    const flows = [
      '--timeout',
      '300ms',
      '--max-hops',
      '6',
      '--source-port',
      `${bad}`,
      '--against',
      `${good}`,
    ];
    const report = await trace(client, ...flows, `echo+udp://${TARGET.v4}:${ECHO_PORT}`);
    expect(report).toMatchObject({
      ...{ code: 1, held: false, end: 'silent' },
      addresses: [ENTRY.v4, nextHop(1).v4, null, null, null, null],
      parting: { ttl: 2, address: nextHop(1).v4, against: nextHop(0).v4, commonTtl: 1 },
    });
    expect(report.words[0]).toMatch(`nor does any hop behind hop 2 (${nextHop(1).v4})`);
  });

  it('should name the router that rejects', async () => {
    lab.exit.execute('nft', 'add table ip firewall');
    lab.exit.execute('nft', 'add chain ip firewall forward { type filter hook forward priority 0; }');
    lab.exit.execute(
      'nft',
      'add rule ip firewall forward udp dport 7007 reject with icmp type admin-prohibited',
    );
    try {
      const source = ['--source-port', `${ports.udp[0]}`, '--count', '1'];
      const report = await trace(client, ...PATIENT, ...source, `echo+udp://${TARGET.v4}:${ECHO_PORT}`);
      expect(report).toMatchObject({
        code: 1,
        end: 'stopped',
        addresses: waysOf('v4', 0).toSpliced(3, 1, exitBehind(0).v4),
      });
      expect(report.hops[3].notes[0]).toMatch(
        /is forbidden, says router .* communication administratively prohibited/,
      );
    } finally {
      lab.exit.execute('nft', 'delete table ip firewall');
    }
  });

  it.each([
    [
      'output meta l4proto icmp drop',
      'udp',
      /^no hop can be found here: no ICMP message arrives, not even on loopback: a firewall/,
    ],
    [
      'input iifname far meta l4proto icmp drop',
      'udp',
      /answers as hop 4; no router does: a firewall of this host/,
    ],
    ['output udp dport 7007 drop', 'udp', /^a firewall of this host forbids sending to .* \(EPERM\)$/],
    ['output tcp dport 7007 drop', 'tcp', /^a firewall of this host forbids sending to .* \(EPERM\)$/],
    ['output tcp dport 7007 reject', 'tcp', /: hop 1 \(192\.0\.2\.2\) sends nothing on/],
  ] as const)('should say what a firewall of this host does: %s', async (rule, protocol, words) => {
    const [hook, ...match] = rule.split(' ');
    lab.client.execute('nft', 'add table ip firewall');
    lab.client.execute('nft', `add chain ip firewall own { type filter hook ${hook} priority 0; }`);
    lab.client.execute('nft', `add rule ip firewall own ${match.join(' ')}`);
    try {
      const report = await trace(client, '--count', '1', `echo+${protocol}://${TARGET.v4}:${ECHO_PORT}`);
      expect(report.words).toEqual([expect.stringMatching(words)]);
      if (rule.endsWith('reject'))
        expect(report.hops[0].notes[0]).toMatch(/, says this host itself \(ICMP port unr/);
    } finally {
      lab.client.execute('nft', 'delete table ip firewall');
    }
  });

  it.each(['v4', 'v6'] as const)('should name the hop that rewrites DSCP: %s', async (family) => {
    const host = family === 'v6' ? `[${TARGET.v6}]` : TARGET.v4;
    const url = `echo+udp://${host}:${ECHO_PORT}?dscp=af13`;
    const marked = ({ notes }: Hop): boolean => notes.some((note) => note.startsWith('the mark'));
    const clean = await trace(client, ...PATIENT, '--count', '1', url);
    expect(clean.hops.filter(marked)).toEqual([]);
    const source = ['--source-port', `${clean.sourcePort}`, '--count', '1'];
    const index = indexOf(family, clean.addresses);
    lab.break('rewritten DSCP', index);
    const { hops } = await trace(client, ...PATIENT, ...source, url);
    expect((hops as Hop[]).filter(marked).map(({ ttl }) => ttl)).toEqual([3]);
    const name = `the mark, DSCP af13 (14), is changed between hop 2 (${waysOf(family, index)[1]}) and here: `;
    expect(hops[2]!.notes).toContainEqual(expect.stringContaining(name));
  });

  it('should name the target that received another mark, where it tells and no hop does', async () => {
    const url = `stamp+udp://${TARGET.v4}:${STAMP_PORT}?dscp=cs2`;
    const clean = await trace(client, ...PATIENT, '--count', '1', url);
    lab.break('rewritten DSCP', indexOf('v4', clean.addresses));
    const source = ['--source-port', `${clean.sourcePort}`, '--count', '1'];
    const notes = [clean, await trace(client, ...PATIENT, ...source, url)].map(({ hops }) =>
      hops[3]!.notes.filter((note: string) => note.startsWith('the mark')),
    );
    expect(notes).toEqual([
      [],
      ['the mark, DSCP cs2 (16), is changed between this host and here: the probe arrived with DSCP cs1 (8)'],
    ]);
  });

  it('should trace the first address of a name that answers, and name the other', async () => {
    const report = await trace(client, '--timeout', '3s', '--count', '1', `tcp://${NAME}:${ECHO_PORT}`);
    expect(report).toMatchObject({ code: 0, end: 'target', peer: `${TARGET.v4}:${ECHO_PORT}` });
    expect(report.failedAddresses).toMatchObject([{ address: '2001:db8:4::99' }]);
  });

  it('should say why a source port is of no use', async () => {
    const url = `echo+udp://${TARGET.v4}:${ECHO_PORT}`;
    const { code, words } = await trace(client, '--source-port', '7', url);
    expect({ code, words }).toEqual({
      code: 1,
      words: [`source port 7 can't be used for ${TARGET.v4}:${ECHO_PORT}: it needs a privilege (EACCES)`],
    });
  });
});

describe('trace of a long path', skipFor(Namespace.problem()), () => {
  it('should ask 30 hops together, and tell what each of them says', async () => {
    using namespace = new Namespace();
    const program = fileURLToPath(new URL('fixtures/long-path.ts', import.meta.url));
    const special = JSON.stringify({ labels: 5, quotesHeader: 7 });
    const path = namespace.start(process.execPath, program, 'path0', '30', special);
    await once(path.stdout!, 'data');
    namespace.up('path0', [`${CLIENT.v4}/24`]);
    ip('-n', namespace.name, 'route', 'add', 'default', 'dev', 'path0');
    // The path answers once all of them are asked.
    const client = new ThreadHost(namespace, UNPRIVILEGED);
    const report = await trace(client, ...PATIENT, `echo+udp://${TARGET.v4}:${ECHO_PORT}`);
    const routers = Array.from({ length: 29 }, (_, index) => `198.18.0.${index + 1}`);
    expect({ ...report }).toMatchObject({ code: 0, end: 'target', addresses: [...routers, TARGET.v4] });
    const noted = new Map(
      (report.hops as Hop[]).filter(({ notes }) => notes.length > 0).map((hop) => [hop.ttl, hop]),
    );
    expect([...noted.keys()]).toEqual([5, 7]);
    expect(noted.get(5)!.notes).toEqual([
      'MPLS labels 24010 (class 0, TTL 254), 16 (class 0, TTL 1)',
      'received on xe-1/0',
    ]);
    expect(noted.get(7)!.notes).toEqual([
      'it quotes nothing of the datagram, which was the only one under way',
    ]);
  });
});
