import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_COMMAND } from '../../../../tests/harness/main-module.ts';
import { ShellProgram } from '../../../../tests/harness/shell-program.ts';
import { CommandLine } from '../../src/cli/options.ts';
import type { FlowRecord } from '../../src/commands/during/flow-record.ts';
import { duringOptions, readDuringOptions } from '../../src/commands/during/options.ts';
import { type DuringResult, during, hasHeld } from '../../src/commands/during/run.ts';
import { echoing, freeTcpPort, type Peer, tcpPeer, udpPeer } from '../peers.ts';
import { ended, MAIN, runProcess, runProgram, startProgram } from '../program.ts';
import { elementsOf, parseXml } from './strict-xml.ts';

/** On a busy machine no sample times out, and any share of them may be late. */
const UNHURRIED = { timeout: '1m', minMeasured: '0%', warmUp: '0s', settle: '300ms', interval: '20ms' };
const FAST = Object.entries({ ...UNHURRIED, settle: '0s' }).flatMap(([name, value]) => [
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  value,
]);

/** Runs `during` in this process, with a function in place of the command. */
function duringWork(urls: string[], work: () => Promise<void>, typed: object = {}): Promise<DuringResult> {
  const line = new CommandLine(duringOptions, urls, { ...UNHURRIED, ...typed });
  return during(readDuringOptions(line, undefined), {
    signal: new AbortController().signal,
    async work() {
      await work();
      return { code: 0, signal: null };
    },
  });
}

describe('during', () => {
  it('should lose nothing where nothing happens, over new and old flows, TCP and UDP', async () => {
    await using tcp = await tcpPeer(echoing);
    await using udp = await udpPeer((bytes, reply) => reply(bytes));
    const urls = [`echo+tcp://127.0.0.1:${tcp.port}?name=tcp`, `echo+udp://127.0.0.1:${udp.port}?name=udp`];
    const result = await duringWork(urls, async () => {}, { maxGap: '60s' });
    expect(result.targets.map(({ target }) => target.id)).toEqual([
      'tcp',
      'tcp (sticky)',
      'udp',
      'udp (sticky)',
    ]);
    for (const record of result.targets) expect(record).toMatchObject({ lostCount: 0, flowDeaths: 0 });
    expect(hasHeld(result)).toBe(true);
  });

  it('should count what an old flow lost that a balancer has reset, as the balancer does', async () => {
    /** Bytes of a request, and how many of them are under way when the flow is reset. */
    const SIZE = 64;
    const LOST = 3;
    let isHanging = false;
    let unanswered = 0;
    const reset = Promise.withResolvers<void>();
    await using tcp = await tcpPeer((socket) => {
      socket.on('data', (bytes) => {
        if (!isHanging) return void socket.write(bytes);
        unanswered += bytes.length / SIZE;
        if (unanswered < LOST) return;
        isHanging = false;
        socket.resetAndDestroy();
        reset.resolve();
      });
    });
    const result = await duringWork([`echo+tcp://127.0.0.1:${tcp.port}?flow=sticky`], () => {
      isHanging = true;
      return reset.promise;
    });
    const [record] = result.targets;
    expect(record!.causes).toMatchObject([{ outcome: 'reset', count: unanswered }]);
    expect(record!.lostSamples).toHaveLength(unanswered);
    expect(record!.deaths).toEqual({ reset: 1 });
    expect(record!.gap).toMatchObject({ at: record!.lostSamples[0]!.at, isOpen: false });
    expect(record!.gap!.ms).toBeGreaterThan(20 * (LOST - 1));
    expect(result.gates).toMatchObject([
      { kind: 'max-lost', results: [{ measured: unanswered, held: false, reason: 'limit' }] },
    ]);
  });

  it('should count each datagram that was lost, of new flows and of the old one', async () => {
    const DROPPED = 8;
    const all = Promise.withResolvers<void>();
    let left = 0;
    await using udp = await udpPeer((bytes, reply) => {
      if (left === 0) return reply(bytes);
      left -= 1;
      if (left === 0) all.resolve();
    });
    const work = (): Promise<void> => {
      left = DROPPED;
      return all.promise;
    };
    // What is lost is known a second after this.
    const { targets } = await duringWork([`echo+udp://127.0.0.1:${udp.port}`], work, { timeout: '2s' });
    const sum = (of: (record: FlowRecord) => number): number =>
      targets.reduce((all, one) => all + of(one), 0);
    const lost = sum(({ outcomes }) => outcomes.lost);
    expect(lost).toBeLessThanOrEqual(DROPPED);
    // The probe blames what was lost while it was stalled on itself.
    expect(lost + sum(({ outcomes }) => outcomes.prober_late)).toBeGreaterThanOrEqual(DROPPED);
    expect(sum(({ causes }) => causes.reduce((all, { count }) => all + count, 0))).toBe(
      sum(({ lostCount }) => lostCount),
    );
  });
});

describe('the command of during', () => {
  let folder: string;
  let peer: Peer;
  let connections = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-'));
    peer = await tcpPeer((socket) => {
      connections += 1;
      echoing(socket);
    });
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const url = (): string => `echo+tcp://127.0.0.1:${peer.port}?name=lb&flow=fresh`;

  it('should have its output untouched before the report, and its exit code, in JSON and JUnit too', async () => {
    const file = join(folder, 'result.xml');
    const command = ['sh', '-c', "echo 'one  two'; echo three >&2; exit 7"];
    const args = ['during', ...FAST, '--json', '--junit', file, url(), '--', ...command];
    const { code, stdout, stderr } = await runProcess(args);
    expect({ code, stderr }).toEqual({ code: 7, stderr: 'three\n' });
    expect(stdout.slice(0, stdout.indexOf('{'))).toBe('one  two\n');
    const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
    expect(report).toMatchObject({
      held: true,
      notBegun: null,
      work: { command, exitCode: 7, signal: null },
    });
    const suites = elementsOf(parseXml(await readFile(file, 'utf8')), 'testsuite');
    expect(suites.map(({ attributes }) => attributes)).toMatchObject([
      { name: 'lb', tests: '1', failures: '0' },
      { name: 'the command', tests: '2', failures: '1' },
    ]);
    expect(elementsOf(suites[1]!, 'failure')[0]?.attributes.message).toBe('ended with exit code 7');
  });

  it('should get a stop signal, and its end by it be the exit code', async () => {
    const child = startProgram(['during', ...FAST, url(), '--', 'sh', '-c', 'echo began; exec sleep 600']);
    const ending = ended(child);
    child.stdout!.once('data', () => child.kill('SIGTERM'));
    const { code, stdout } = await ending;
    expect(code).toBe(128 + 15);
    expect(stdout).toContain("the command (sh -c 'echo began; exec sleep 600') was ended by SIGTERM after ");
    expect(stdout).toContain('--max-lost 0 held: lb had 0\n');
  });

  it('should get Ctrl-C once, though the terminal sends it to all', async () => {
    // It may be interrupted between two of its programs, too.
    const waiting = 'until [ "$caught" ]; do sleep 0.1; done; sleep 0.5';
    const trap = String.raw`trap "echo INT-\$((40+2)); caught=1" INT; echo began; ${waiting}`;
    const own = ['during', ...FAST, `'${url()}'`].join(' ');
    await using program = new ShellProgram(`${NODE_COMMAND} ${MAIN} ${own} -- bash -c '${trap}'`, {
      terminal: true,
    });
    await program.printed('began');
    program.pressCtrlC();
    expect(await program.exited).toEqual([0, null]);
    expect(program.stdout.match(/INT-42/g)).toHaveLength(1);
  });

  it('should not be started where a target does not pass the warm-up', async () => {
    const closed = await freeTcpPort();
    const args = [
      'during',
      ...FAST,
      url(),
      `echo+tcp://127.0.0.1:${closed}?name=down`,
      '--',
      'echo',
      'began',
    ];
    const { code, stdout } = await runProcess(args);
    expect(code).toBe(3);
    expect(stdout).not.toMatch(/^began/m);
    expect(stdout).toMatch(
      /\nthe command \(echo began\) was not begun: not every sample of down.* was ok in the warm-up\n$/,
    );
  });

  it('should be refused before any sample where it can not be started', async () => {
    const before = connections;
    const refused = async (...command: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProgram(['during', url(), ...command]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    const can = "can't be started";
    expect(await refused('--', 'no-such-program', '--loss')).toContain(
      `the command "no-such-program" ${can}: there is no such program on the PATH; for a command line of a shell write -- sh -c '…'`,
    );
    expect(await refused('--', folder)).toContain(`the command "${folder}" ${can}: it is no file`);
    expect(await refused('--')).toContain('there is no command behind --');
    expect(await refused('kubectl', 'rollout')).toContain(
      '"kubectl" is no target; a command goes behind --, as in during URL -- kubectl',
    );
    expect(connections).toBe(before);
  });

  it('should be no need: sampling goes on until Ctrl-C', async () => {
    const child = startProgram(['during', ...FAST, url()]);
    const ending = ended(child);
    child.stderr!.once('data', () => child.kill('SIGINT'));
    const { code, stdout, stderr } = await ending;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'every sample of the warm-up was ok; sampling until Ctrl-C\n',
    });
    expect(stdout).toMatch(
      /\nsampling went on for .*; times are from its start\n--max-lost 0 held: lb had 0\n$/,
    );
  });
});
