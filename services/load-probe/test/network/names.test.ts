import { lookup } from 'node:dns/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { decodePayload } from '../../src/payload/payload.ts';
import { takeSample, takeSamples } from '../clocked-samples.ts';
import { echoing, freeTcpPort, freeUdpPort, fullPeer, type Peer, tcpPeer, udpPeer } from '../peers.ts';

vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }));

const FIRST = '127.0.0.1';
const OTHER = '127.0.0.2';
const UNUSED = '127.0.0.3';
const FOREIGN = '::1';

/** Sets the results of the resolver: one list per lookup, the last one for all further lookups. */
function resolverSays(...answers: readonly (readonly string[])[]): void {
  let lookups = 0;
  vi.mocked(lookup).mockImplementation((async () => {
    const addresses = answers[Math.min(lookups, answers.length - 1)] ?? [];
    lookups += 1;
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }) as unknown as typeof lookup);
}

beforeEach(() => vi.mocked(lookup).mockReset());

const onPort =
  (scheme: string, flow: string) =>
  (port: number, more = ''): string =>
    `${scheme}://name.example:${port}?flow=${flow}${more}`;

describe.each([
  { scheme: 'echo+tcp', flow: 'fresh' },
  { scheme: 'echo+tcp', flow: 'sticky' },
  { scheme: 'echo+udp', flow: 'fresh' },
  { scheme: 'echo+udp', flow: 'sticky' },
])('$scheme, $flow', ({ scheme, flow }) => {
  const urlOf = onPort(scheme, flow);
  const peerAt = (host: string, port = 0): Promise<Peer> =>
    scheme === 'echo+tcp'
      ? tcpPeer(echoing, host, port)
      : udpPeer((bytes, reply) => reply(bytes), host, port);

  it('should go on to the address that works in the same sample, IPv4 or IPv6', async () => {
    resolverSays([FOREIGN, UNUSED, FIRST]);
    await using peer = await peerAt(FIRST);
    const { samples } = await takeSamples(urlOf(peer.port), 2);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });

  it('should name every address when all of them refuse', async () => {
    resolverSays([UNUSED, OTHER]);
    const port = await (scheme === 'echo+tcp' ? freeTcpPort() : freeUdpPort());
    expect(await takeSample(urlOf(port))).toMatchObject({
      outcome: 'refused',
      detail:
        `nothing listens on ${UNUSED}:${port} (ECONNREFUSED); ` +
        `nothing listens on ${OTHER}:${port} (ECONNREFUSED)`,
    });
  });

  it('should try another address beside a silent one, and report it', async () => {
    const isTcp = scheme === 'echo+tcp';
    await using silent = await (isTcp ? fullPeer() : udpPeer(() => {}, FIRST));
    await using _peer = await peerAt(OTHER, silent.port);
    resolverSays([FIRST, OTHER]);
    const { samples, addressesFailed } = await takeSamples(urlOf(silent.port), 1);
    const nothing = isTcp ? 'connection to' : 'answer from';
    expect(samples).toMatchObject([
      {
        outcome: 'ok',
        detail: expect.stringMatching(
          `^an address failed while another worked: no ${nothing} ${FIRST}:${silent.port} within \\d+ ms`,
        ),
      },
    ]);
    expect(addressesFailed).toEqual([FIRST]);
  });

  it('should be dns when the name has no address, or the resolver does not answer', async () => {
    vi.mocked(lookup).mockRejectedValue(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
    expect(await takeSample(urlOf(7))).toMatchObject({
      outcome: 'dns',
      detail: 'name.example has no address (ENOTFOUND)',
    });
    const { promise, resolve } = Promise.withResolvers<never>();
    vi.mocked(lookup).mockReturnValue(promise);
    expect(await takeSample(urlOf(7, '&timeout=100ms'))).toMatchObject({
      outcome: 'dns',
      detail: 'the resolver did not answer for name.example within 100 ms',
    });
    // Pending lookups of a name are shared.
    resolve([] as never);
  });
});

describe.each(['fresh', 'sticky'])('echo+udp, %s', (flow) => {
  const urlOf = onPort('echo+udp', flow);

  it('should be silent when all of them are, with the detail of each', async () => {
    await using one = await udpPeer(() => {}, FIRST);
    await using _other = await udpPeer(() => {}, OTHER, one.port);
    resolverSays([FIRST, OTHER]);
    expect(await takeSample(urlOf(one.port, '&timeout=100ms'))).toMatchObject({
      outcome: 'lost',
      detail: `no answer from ${FIRST}:${one.port} within 1100 ms; no answer from ${OTHER}:${one.port} within 1100 ms`,
    });
  });

  it('should not hide that a datagram got lost on the way to an address that works', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      if (decodePayload(bytes)?.sequence !== 1) reply(bytes);
    }, FIRST);
    await using _other = await udpPeer((bytes, reply) => reply(bytes), OTHER, peer.port);
    resolverSays([FIRST, OTHER]);
    const { samples } = await takeSamples(urlOf(peer.port, '&timeout=300ms&interval=100ms'), 3);
    const outcomes = new Map(samples.map(({ sequence, outcome }) => [sequence, outcome]));
    expect([0, 1, 2].map((sequence) => outcomes.get(sequence))).toEqual(['ok', 'lost', 'ok']);
  });
});

describe('a name whose address changes', () => {
  beforeEach(() => resolverSays([FIRST], [UNUSED]));

  it('should be followed by the next fresh sample', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes), FIRST);
    const url = onPort('echo+udp', 'fresh')(peer.port, '&interval=50ms');
    const { samples } = await takeSamples(url, 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'refused', 'refused']);
  });

  it('should be followed by a sticky flow when it dies, and not before', async () => {
    await using peer = await tcpPeer((socket) => {
      let requests = 0;
      socket.on('data', (bytes: Buffer) => {
        requests += 1;
        socket.write(bytes);
        if (requests === 3) socket.end();
      });
    }, FIRST);
    const url = onPort('echo+tcp', 'sticky')(peer.port, '&interval=500ms');
    const { samples, deaths } = await takeSamples(url, 5);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'refused', 'refused']);
    expect(deaths.map(({ cause }) => cause)).toEqual(['fin']);
  });
});
