import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FoundPaths, findPaths } from '../../src/commands/paths/run.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import type { TargetSpec } from '../../src/targets/target.ts';
import { readTarget } from '../../src/targets/url.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { freeUdpPort, tcpPeer, udpPeer } from '../peers.ts';
import { runProgram } from '../program.ts';
import { testUdp } from '../take-samples.ts';
import { elementsOf, parseXml } from './strict-xml.ts';

const PORTS = 16;
/** Few enough to be quick, and more than the verdict needs. */
const COUNT = 20;

/** A block of ports that other tests do not use, below those that the system gives to sockets. */
function somePorts(): readonly number[] {
  const first = 10_000 + PORTS * randomInt(1_000);
  return Array.from({ length: PORTS }, (_, index) => first + index);
}

function optionsFor(ports: readonly number[]): string[] {
  const [first] = ports;
  return ['--ports', `${ports.length}`, '--first-port', `${first}`, '--count', `${COUNT}`, '--rate', '2000'];
}

async function sweep(url: string, ports: readonly number[], count = COUNT): Promise<FoundPaths> {
  const options = { target: readTarget(url) as TargetSpec, ports, count, rate: 2_000, typed: [] };
  const found = await findPaths(
    { ...options, timeoutMs: 1_000 },
    { clock: systemClock, udp: testUdp.engine, signal: new AbortController().signal },
  );
  if ('problem' in found) throw new Error(found.problem);
  return found;
}

/** The ports of a path of four. */
function quarterOf(ports: readonly number[]): readonly number[] {
  return ports.filter((port) => port % 4 === 3);
}

/** An echo that is not reached from these ports. */
function echoBut(ports: readonly number[]) {
  return udpPeer((bytes, reply, port) => {
    if (!ports.includes(port)) reply(bytes);
  });
}

describeUdpEngines('paths over UDP', () => {
  it('should name the ports of a dead path', async () => {
    const ports = somePorts();
    await using peer = await echoBut(quarterOf(ports));
    const { verdict } = await sweep(`echo+udp://127.0.0.1:${peer.port}`, ports);
    expect(verdict).toMatchObject({ verdict: 'dead', bad: quarterOf(ports), unclear: [], classes: 2 });
  });

  it('should take a changed reply for a loss', async () => {
    const ports = somePorts();
    await using peer = await udpPeer((bytes, reply, port) => {
      reply(quarterOf(ports).includes(port) ? bytes.subarray(0, -1) : bytes);
    });
    const { failures, verdict } = await sweep(`echo+udp://127.0.0.1:${peer.port}`, ports);
    expect(verdict).toMatchObject({ verdict: 'dead', bad: quarterOf(ports) });
    expect([...failures.keys()]).toEqual(['the answer has the first 63 of 64 bytes']);
  });

  it('should name none where nothing listens, and say so', async () => {
    const found = await sweep(`echo+udp://127.0.0.1:${await freeUdpPort()}`, somePorts(), 1_000);
    expect(found.verdict).toMatchObject({ verdict: 'uniform', bad: [] });
    expect([...found.failures.keys()].join()).toMatch(/nothing listens on 127\.0\.0\.1/);
    // It is certain long before every sample was sent.
    expect(found.tallies.every(({ sent }) => sent < 1_000)).toBe(true);
  });

  it('should leave out a port that another socket has, and name it', async () => {
    const ports = somePorts();
    await using other = await udpPeer(() => {}, '0.0.0.0', ports[3]);
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const { taken, tallies, untold, verdict } = await sweep(`echo+udp://127.0.0.1:${peer.port}`, ports);
    expect([...taken]).toEqual([
      [other.port, `the source port ${other.port} is taken on this host (EADDRINUSE)`],
    ]);
    expect(tallies.map(({ port }) => port)).toEqual(ports.filter((port) => port !== other.port));
    expect(verdict.verdict).toBe('clean');
    // What is not sent from it is no sample of other ports.
    expect([...untold.keys()]).not.toContain('every port waited for its sample before');
  });
});

describe('paths', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'load-probe-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('should reset its connections, so that a port can be used again', async () => {
    const ends: string[] = [];
    await using peer = await tcpPeer((socket) => {
      socket
        .on('error', ({ code }: NodeJS.ErrnoException) => ends.push(code!))
        .on('end', () => ends.push('FIN'));
      socket.resume();
    });
    const { tallies, verdict } = await sweep(`tcp://127.0.0.1:${peer.port}`, somePorts());
    expect(verdict).toMatchObject({ verdict: 'clean', bad: [] });
    expect(Math.min(...tallies.map(({ sent }) => sent))).toBeGreaterThan(1);
    expect(new Set(ends)).toEqual(new Set(['ECONNRESET']));
  });

  it('should fail a gate for bad ports, in words, in JSON and for CI', async () => {
    const ports = somePorts();
    const bad = quarterOf(ports);
    await using peer = await echoBut(bad);
    const url = `echo+udp://127.0.0.1:${peer.port}`;
    const file = join(folder, 'paths.xml');
    const gate = ['--max-bad-ports', '3'];
    const json = await runProgram(['paths', ...optionsFor(ports), ...gate, '--json', '--junit', file, url]);
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: '' });
    const document = JSON.parse(json.stdout);
    expect(document).toMatchObject({
      ...{ version: 1, held: false, url, verdict: 'dead', bad, unclear: [], classes: 2 },
      ...{ fraction: { estimate: 0.25 }, taken: [] },
      reproduce: `load-probe paths --ports 16 --first-port ${ports[0]} --rate 2000 ${url}`,
      capture: `udp and host 127.0.0.1 and port ${peer.port} and (port ${bad[0]} or port ${ports[0]})`,
      gates: [{ name: 'max-bad-ports', limit: 3, held: false, targets: [{ measured: 4, reason: 'limit' }] }],
    });
    for (const { lost, port, sent } of document.ports) expect(lost).toBe(bad.includes(port) ? sent : 0);
    const [failure] = elementsOf(parseXml(readFileSync(file, 'utf8')), 'failure');
    expect(failure?.attributes.message).toBe(`--max-bad-ports 3 did not hold: ${url} had 4 bad ports`);

    const text = await runProgram(['paths', ...optionsFor(ports), '--max-bad-ports', '4', url]);
    expect(text.code).toBe(0);
    expect(text.stderr).toBe(
      `up to 320 datagrams of 64 bytes from source ports ${ports[0]} to ${ports.at(-1)}, 2,000 a second, for 160ms at most\n`,
    );
    const lines = text.stdout.split('\n');
    expect(lines[0]).toBe(
      `about 1 of 4 paths is dead: ports ${bad.join(', ')} lose everything, the others nothing`,
    );
    expect(lines).toContain(`capture: tcpdump -ni any '${document.capture}'`);
    expect(lines).toContain(`--max-bad-ports 4 held: ${url} had 4 bad ports`);
  });

  it.each([
    ['nothing answers', 20, 'had nothing to measure'],
    [
      'there are few samples',
      2,
      'had 0 bad ports, but 16 ports had less than the 7 samples by which a dead path shows',
    ],
  ])('should hold no gate where %s', async (_, count, doubt) => {
    await using peer = await udpPeer((bytes, reply) => {
      if (count === 2) reply(bytes);
    });
    const url = `echo+udp://127.0.0.1:${peer.port}`;
    const options = [
      '--ports',
      '16',
      '--first-port',
      `${somePorts()[0]}`,
      '--count',
      `${count}`,
      '--rate',
      '500',
    ];
    const { code, stdout } = await runProgram(['paths', ...options, '--max-bad-ports', '0', url]);
    expect(stdout).toContain(`--max-bad-ports 0 did not hold: ${url} ${doubt}\n`);
    expect(code).toBe(1);
  });

  it('should say that no source port is free', async () => {
    const first = await freeUdpPort();
    await using peer = await udpPeer(() => {}, '0.0.0.0', first);
    await using next = await udpPeer(() => {}, '0.0.0.0', first + 1).catch(() => peer);
    const options = ['--ports', '2', '--first-port', `${first}`];
    const { code, stdout } = await runProgram(['paths', ...options, 'echo+udp://127.0.0.1:7']);
    expect({ code, next: next.port > 0, stdout }).toEqual({
      ...{ code: 1, next: true },
      stdout: `every source port from ${first} to ${first + 1} is taken on this host; give another --first-port\n`,
    });
  });

  it('should name every mistake', async () => {
    const options = ['--first-port', '65500', '--ports', '1', '--junit', join(folder, 'none.xml')];
    const { code, stderr } = await runProgram(['paths', ...options, 'daytime+udp://127.0.0.1:13']);
    expect(code).toBe(2);
    for (const problem of [
      '--ports "1" must be a whole number from 2 to 1000',
      '--first-port 65500 has less than 64 ports from it on to 65535; give 65472 at most',
      '--junit has a test case for each gate, and there is none; give --max-bad-ports, such as 0',
      '"daytime+udp://127.0.0.1:13" is nothing that paths can use; the schemes are echo+udp, stamp+udp, tcp,',
    ]) {
      expect(stderr).toContain(problem);
    }
  });
});
