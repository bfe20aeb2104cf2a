import { describe, expect, it } from 'vitest';
import { findLargest, type MtuSearch } from '../../src/commands/mtu/run.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { flipBit, freeUdpPort, udpPeer } from '../peers.ts';
import { ended, runProcess, runProgram, startProgram } from '../program.ts';
import { testUdp } from '../take-samples.ts';

interface Given {
  readonly maxBytes?: number;
  readonly tries?: number;
  readonly signal?: AbortSignal;
}

function search(port: number, { maxBytes = 65_535, signal, tries = 3 }: Given = {}): Promise<MtuSearch> {
  return findLargest({
    host: '127.0.0.1',
    port,
    maxBytes,
    tries,
    timeoutMs: 150,
    clock: systemClock,
    udp: testUdp.engine,
    signal: signal ?? new AbortController().signal,
    tried() {},
    failed() {},
  });
}

/** The result of the smallest size above the limit. */
function above({ sizes, result }: MtuSearch) {
  const largest = 'largestBytes' in result ? result.largestBytes : Number.NaN;
  return sizes.find(({ bytes }) => bytes === largest + 1);
}

describeUdpEngines('the largest datagram', () => {
  it('should be the maximum of IP on a path without a limit, and larger ones are never sent', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const found = await search(peer.port);
    expect(found.result).toEqual({ name: 'found', largestBytes: 65_507 });
    expect(above(found)).toMatchObject({ bytes: 65_508, outcome: 'never_sent', words: 'EMSGSIZE' });
  });

  it('should be found where larger ones get lost', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      if (bytes.length <= 1_234) reply(bytes);
    });
    const found = await search(peer.port);
    expect(found.result).toEqual({ name: 'found', largestBytes: 1_234 });
    expect(above(found)).toEqual({ bytes: 1_235, outcome: 'lost', tries: 3 });
  });

  it('should be found where larger ones come back truncated', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes.subarray(0, 2_048)));
    const found = await search(peer.port);
    expect(found.result).toEqual({ name: 'found', largestBytes: 2_048 });
    expect(above(found)).toEqual({ bytes: 2_049, outcome: 'truncated', tries: 1, returnedBytes: 2_048 });
  });

  it('should be found where larger ones come back changed', async () => {
    await using peer = await udpPeer((bytes, reply) =>
      reply(bytes.length > 3_000 ? flipBit(bytes, 2_999) : bytes),
    );
    const found = await search(peer.port);
    expect(found.result).toEqual({ name: 'found', largestBytes: 3_000 });
    expect(above(found)).toEqual({ bytes: 3_001, outcome: 'corrupt', tries: 1 });
  });

  it('should not be limited by a datagram that got lost for another reason', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (bytes.length <= 5_000 && datagrams % 3 === 0) reply(bytes);
    });
    expect((await search(peer.port, { tries: 6 })).result).toEqual({ name: 'found', largestBytes: 5_000 });
  });

  it('should not be searched above the maximum', async () => {
    let largest = 0;
    await using peer = await udpPeer((bytes, reply) => {
      largest = Math.max(largest, bytes.length);
      reply(bytes);
    });
    expect((await search(peer.port, { maxBytes: 1_000 })).result).toEqual({
      name: 'found',
      largestBytes: 1_000,
    });
    expect(largest).toBe(1_000);
  });

  it('should not be confused with a target that does not reply, or is no echo', async () => {
    const refused = await search(await freeUdpPort());
    expect(refused.result).toEqual({
      name: 'failed',
      detail: expect.stringMatching(/^nothing listens on .* \(ECONNREFUSED\)$/),
    });
    await using silent = await udpPeer(() => {});
    expect((await search(silent.port)).result).toEqual({
      name: 'failed',
      detail: `127.0.0.1:${silent.port} answered none of 3 datagrams of 24 bytes`,
    });
    await using other = await udpPeer((bytes, reply) => reply(Buffer.alloc(bytes.length, 'x')));
    expect((await search(other.port)).result).toEqual({
      name: 'failed',
      detail: `127.0.0.1:${other.port} is no echo service: a datagram of 24 bytes came back corrupt`,
    });
    await using daytime = await udpPeer((_bytes, reply) =>
      reply(Buffer.from('Sunday, November 29, 2026 02:43:24-UTC\r\n')),
    );
    expect((await search(daytime.port)).result).toEqual({
      name: 'failed',
      detail: `127.0.0.1:${daytime.port} is no echo service: it answered a datagram of 24 bytes with 40 other bytes`,
    });
    await using wordy = await udpPeer((bytes, reply) => reply(Buffer.concat([bytes, Buffer.from('!')])));
    expect((await search(wordy.port)).result).toEqual({
      name: 'failed',
      detail: `127.0.0.1:${wordy.port} is no echo service: it answered a datagram of 24 bytes with 25 other bytes`,
    });
  });

  it('should not be changed by wrong replies to larger ones, or by late replies', async () => {
    const late: (() => void)[] = [];
    await using peer = await udpPeer((bytes, reply) => {
      if (bytes.length > 4_000) reply(Buffer.from('too large'));
      else if (bytes.length <= 1_000) reply(bytes);
      else {
        // Replies to the previous size come during the tries of this one.
        for (const answer of late.splice(0)) answer();
        late.push(() => reply(bytes));
      }
    });
    const { sizes, result } = await search(peer.port, { maxBytes: 4_001, tries: 1 });
    expect(result).toEqual({ name: 'found', largestBytes: 1_000 });
    const [first, largest, ...others] = sizes;
    expect(first).toEqual({ bytes: 24, outcome: 'returned', tries: 1 });
    expect(largest).toEqual({ bytes: 4_001, outcome: 'lost', tries: 1, returnedBytes: 9 });
    const lost = others.filter(({ outcome }) => outcome === 'lost');
    expect(lost.length).toBeGreaterThan(2);
    for (const result of lost) expect(result).toEqual({ bytes: result.bytes, outcome: 'lost', tries: 1 });
  });
});

describe('mtu', () => {
  it('should print the size that returns and how larger ones fail', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      if (bytes.length <= 100) reply(bytes);
    });
    const args = ['--timeout', '150ms', '--min', '1472', `echo+udp://127.0.0.1:${peer.port}`];
    const { code, stderr, stdout } = await runProcess(['mtu', ...args]);
    expect(stderr).toMatch(
      /^24 bytes: returned\n65535 bytes: never sent: this host sends no datagram of that size \(EMSGSIZE\)\n/,
    );
    expect(stdout).toContain(
      `the largest datagram that 127.0.0.1:${peer.port} returns has 100 bytes, 128 with the headers of IPv4 and UDP\n`,
    );
    expect(stdout).toContain('\n101 bytes: lost 3 times, without any error\n65535 bytes: never sent');
    expect(stdout).toMatch(/\n--min 1472 did not hold\n$/);
    expect(code).toBe(1);
  });

  it('should fail the gate for a size that does not return, even if larger ones do', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      if (bytes.length < 1_900 || bytes.length > 2_100) reply(bytes);
    });
    const args = ['--timeout', '150ms', '--min', '2000', `echo+udp://127.0.0.1:${peer.port}`];
    const { code, stdout } = await runProgram(['mtu', ...args]);
    expect(stdout).toMatch(/\nbut 2000 bytes do not return: lost 3 times, without any error\n/);
    expect(stdout).toMatch(/\n--min 2000 did not hold\n$/);
    expect(code).toBe(1);
  });

  it('should print JSON that programs can rely on', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const args = ['--json', '--max', '2000', '--min', '1472', `echo+udp://127.0.0.1:${peer.port}`];
    const { code, stderr, stdout } = await runProgram(['mtu', ...args]);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      held: true,
      url: `echo+udp://127.0.0.1:${peer.port}`,
      peer: `127.0.0.1:${peer.port}`,
      failedAddresses: [],
      result: 'found',
      largestBytes: 2_000,
      hole: null,
      // One packet of loopback holds more than was tried.
      pathMtu: null,
      reportedBy: null,
      packetBytes: 2_028,
      interface: process.platform === 'linux' ? { name: 'lo', mtu: expect.any(Number) } : null,
      words: expect.arrayContaining(['larger ones were not tried (--max 2000)']),
      gates: [{ name: 'min', allowedBytes: 1_472, held: true }],
      sizes: [
        { bytes: 24, outcome: 'returned', tries: expect.any(Number) },
        { bytes: 2_000, outcome: 'returned', tries: expect.any(Number) },
        { bytes: 1_472, outcome: 'returned', tries: expect.any(Number) },
      ],
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('should print the results so far on Ctrl-C', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      if (bytes.length < 100) reply(bytes);
    });
    const child = startProgram(['mtu', '--timeout', '1m', `echo+udp://127.0.0.1:${peer.port}`]);
    const ending = ended(child);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await ending;
    expect(stdout).toBe('stopped; datagrams of 24 bytes return\n');
    expect(code).toBe(1);
  });

  it('should exit 2 and name every mistake', async () => {
    const args = ['--max', '1000', '--min', '1472', '--tries', '0', '--df', 'echo+tcp://127.0.0.1:7'];
    const { code, stderr } = await runProgram(['mtu', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('load-probe mtu: 4 problems in the command line');
    expect(stderr).toContain('there is no option --df');
    expect(stderr).toContain(
      '"echo+tcp://127.0.0.1:7" is nothing that mtu can use; the schemes are echo+udp',
    );
    expect(stderr).toContain('--tries "0" must be a whole number from 1 to 20');
    expect(stderr).toContain("--min 1472 can't be shown with a --max of 1000");
  });
});
