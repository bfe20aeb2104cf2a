import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { echoing, freeTcpPort, tcpPeer, udpPeer } from '../peers.ts';
import { ended, MAIN, runProcess, runProgram, startProgram } from '../program.ts';

/**
 * Samples that a busy machine makes late do not count. The interval is long enough for the probe to be on time for most
 * of them.
 */
const COUNT = ['--count', '5', '--interval', '200ms'];

describe('check', () => {
  it('should exit 0 and print figures when every sample is ok', async () => {
    await using tcp = await tcpPeer(echoing);
    await using udp = await udpPeer((bytes, reply) => reply(bytes));
    const { code, stdout, stderr } = await runProcess([
      'check',
      ...COUNT,
      `echo+tcp://127.0.0.1:${tcp.port}`,
      `echo+udp://127.0.0.1:${udp.port}?name=the+udp+one`,
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      new RegExp(
        `^echo\\+tcp://127\\.0\\.0\\.1:${tcp.port}\n  \\d of 5 ok, loss 0%\n` +
          '  round trip p50 [\\d.]+ m?s, p90 [\\d.]+ m?s, p99 [\\d.]+ m?s, p99\\.9 [\\d.]+ m?s, max [\\d.]+ m?s\n' +
          '( {2} +[\\d.]+ - +[\\d.]+ ms [# ]{40} \\d( [\\d.]+%)?\n)+' +
          // Some systems have no TCP_INFO.
          '(  TCP acknowledged after p50 [\\d.]+ m?s, p99 [\\d.]+ m?s, max [\\d.]+ m?s; MSS \\d+ bytes[^\n]*\n)?' +
          '  jitter [\\d.]+ m?s\n',
      ),
    );
    expect(stdout).toContain(`\nthe udp one (echo+udp://127.0.0.1:${udp.port})\n`);
    expect(stdout).toMatch(/\n--max-loss 0% held: the udp one had 0%\n$/);
    expect(code).toBe(0);
  });

  it('should exit 1 and say why when a gate does not hold', async () => {
    const port = await freeTcpPort();
    const { code, stdout } = await runProcess(['check', ...COUNT, `echo+tcp://127.0.0.1:${port}`]);
    expect(stdout).toContain('0 of 5 ok, loss 100%');
    expect(stdout).toMatch(
      new RegExp(`\n  \\d refused: nothing listens on 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)\n`),
    );
    expect(stdout).toContain(`--max-loss 0% did not hold: echo+tcp://127.0.0.1:${port} had 100%`);
    expect(code).toBe(1);
  });

  it('should hold with a loss below --max-loss', async () => {
    let requests = 0;
    await using peer = await tcpPeer((socket) => {
      requests += 1;
      if (requests % 2 === 0) socket.end();
      else echoing(socket);
    });
    const url = `echo+tcp://127.0.0.1:${peer.port}`;
    const count = ['--count', '10', '--rate', '50'];
    expect((await runProcess(['check', ...count, '--max-loss', '10%', url])).code).toBe(1);
    expect((await runProcess(['check', ...count, '--max-loss', '90%', url])).code).toBe(0);
  });

  it('should check every given gate, and name the measured value', async () => {
    await using slow = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => setTimeout(() => socket.write(bytes), 30));
    });
    const url = `echo+tcp://127.0.0.1:${slow.port}?name=slow`;
    // Jitter needs two samples in a row: with so many samples, two remain even on a machine that stalls often.
    const many = ['--count', '15', '--interval', '200ms'];
    const strict = await runProcess([
      ...['check', ...many, '--max-loss', '50%', '--min-success', '16'],
      ...['--max-p50', '1ms', '--max-p99', '20ms', '--max-jitter', '0.001us', url],
    ]);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toContain('--max-loss 50% held: slow had ');
    expect(strict.stdout).toMatch(/--max-p50 1ms did not hold: slow had [3-9]\d\.\d ms/);
    expect(strict.stdout).toMatch(/--max-p99 20ms did not hold: slow had [\d.]+ m?s/);
    expect(strict.stdout).toMatch(/--max-jitter 0\.001us did not hold: slow had [\d.]+ m?s/);
    expect(strict.stdout).toMatch(/--min-success 16 did not hold: slow had \d/);
    const generous = ['--max-p50', '2s', '--max-p99', '2s', '--max-jitter', '2s', '--min-success', '1'];
    expect((await runProcess(['check', ...many, ...generous, url])).code).toBe(0);
  });

  it('should not demand 0% loss where --min-success is given', async () => {
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      if (connections % 5 === 0) socket.end();
      else echoing(socket);
    });
    const args = ['check', '--count', '10', '--rate', '50', `echo+tcp://127.0.0.1:${peer.port}`];
    expect((await runProcess([...args, '--min-success', '50%'])).code).toBe(0);
    const { code, stdout } = await runProcess([...args, '--min-success', '95%']);
    expect(code).toBe(1);
    expect(stdout).not.toContain('--max-loss');
  });

  it('should probe both flows side by side', async () => {
    const ports = new Map<number, number>();
    await using peer = await udpPeer((bytes, reply, port) => {
      ports.set(port, (ports.get(port) ?? 0) + 1);
      reply(bytes);
    });
    const url = `echo+udp://127.0.0.1:${peer.port}?name=lb`;
    const { code, stdout } = await runProcess([
      'check',
      '--json',
      '--flow',
      'both',
      '--timeout',
      '10s',
      ...COUNT,
      url,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).targets).toMatchObject([
      { id: 'lb', name: 'lb', flow: 'fresh', lossRatio: 0, flowDeaths: { count: 0, last: [] } },
      { id: 'lb (sticky)', name: 'lb', flow: 'sticky', lossRatio: 0 },
    ]);
    // All samples of the sticky flow came from one port, unless the machine was busy.
    expect(Math.max(...ports.values())).toBeGreaterThan(1);
    const wrong = await runProgram(['check', '--flow', 'sticky', 'daytime+tcp://127.0.0.1:13']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--flow sticky needs a protocol with many exchanges in a flow');
  });

  it('should print JSON that programs can rely on', async () => {
    await using udp = await udpPeer((bytes, reply) => {
      reply(bytes);
      reply(bytes);
    });
    const port = await freeTcpPort();
    const args = [
      `echo+udp://127.0.0.1:${udp.port}?name=good&size=100`,
      `daytime+tcp://127.0.0.1:${port}?name=bad`,
    ];
    const { code, stdout } = await runProcess(['check', '--json', ...COUNT, ...args]);
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      version: 1,
      held: false,
      interrupted: false,
      gates: [
        {
          name: 'max-loss',
          unit: 'ratio',
          limit: 0,
          held: false,
          targets: [
            { id: 'good', measured: 0, held: true },
            { id: 'bad', measured: 1, held: false },
          ],
        },
      ],
      targets: [
        {
          name: 'good',
          url: `echo+udp://127.0.0.1:${udp.port}`,
          protocol: 'echo-udp',
          flow: 'fresh',
          samples: 5,
          lossRatio: 0,
          reordered: 0,
        },
        {
          name: 'bad',
          samples: 5,
          lossRatio: 1,
          rttMs: null,
          failures: expect.arrayContaining([
            {
              outcome: 'refused',
              count: report.targets[1].outcomes.refused,
              detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`,
            },
          ]),
        },
      ],
    });
    const [good] = report.targets;
    expect(good.duplicates).toBeGreaterThan(0);
    expect(good.outcomes.ok + good.outcomes.prober_late).toBe(5);
    const { min, p50, p90, p99, p999, max } = good.rttMs;
    expect([min, p50, p90, p99, p999, max].toSorted((one, other) => one - other)).toEqual([
      min,
      p50,
      p90,
      p99,
      p999,
      max,
    ]);
    const inBars = good.histogram.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
    // A sample during a stall of the probe has no round-trip time.
    expect(inBars).toBeGreaterThan(0);
    expect(inBars).toBeLessThanOrEqual(good.outcomes.ok);
    // Some systems have no timestamps of the kernel.
    if (good.wireRttMs !== null) {
      expect(Object.keys(good.wireRttMs)).toEqual(Object.keys(good.rttMs));
      expect(good.wireRttMs.min).toBeLessThan(max);
      expect(good.proberShareMs.min).toBeGreaterThan(0);
    }
    expect(good.tcp).toBeNull();
    expect(report.targets[1]).toMatchObject({ wireRttMs: null, proberShareMs: null });
    if (report.targets[1].tcp !== null) {
      expect(report.targets[1].tcp).toMatchObject({ retransmitted: 0, note: null, rttMs: null, mss: null });
    }
    expect(good.jitterMs).toBeGreaterThanOrEqual(0);
    expect(good.jitterMs).toBeLessThan(max);
    expect(Date.parse(report.startedAt)).toBeGreaterThan(0);
  });

  it('should not guess what the kernel tells of TCP where it is not asked', async () => {
    await using peer = await tcpPeer(echoing);
    const check = ['check', '--json', '--count', '1', `echo+tcp://127.0.0.1:${peer.port}`];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...check]);
    const { stdout } = await ended(child);
    expect(JSON.parse(stdout).targets).toMatchObject([{ samples: 1, tcp: null }]);
  });

  it('should exit 2 and name every mistake', async () => {
    const { code, stdout, stderr } = await runProgram([
      'check',
      '--count',
      'many',
      '--max-loss=1',
      '--colour',
      '--size',
      '10',
      'gopher://x:1',
      'echo+tcp://127.0.0.1',
    ]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('6 problems in the command line');
    expect(stderr).toContain('--count "many" must be a whole number from 1 to 1000000');
    expect(stderr).toContain('--max-loss "1" must be a percentage from 0% to 100%, such as 0.5%');
    expect(stderr).toContain('there is no option --colour');
    expect(stderr).toContain(
      '--size "10" must be a size such as 128, 64KiB or 1MiB, from 24 to 16777216 bytes',
    );
    expect(stderr).toContain(
      '"gopher://x:1": there is no scheme "gopher"; the schemes are echo+tcp, echo+udp,',
    );
    expect(stderr).toContain('"echo+tcp://127.0.0.1": has no port');
  });

  it('should exit 2 for an option without its value and for no target at all', async () => {
    expect(await runProgram(['check', '--count'])).toMatchObject({ code: 2, stdout: '' });
    const { code, stderr } = await runProgram(['check']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no target; name at least one, such as echo+tcp://host:7007');
  });

  it('should print the results so far on Ctrl-C', async () => {
    const answered = Promise.withResolvers<void>();
    let conversations = 0;
    await using peer = await tcpPeer((socket) => {
      echoing(socket);
      conversations += 1;
      if (conversations === 5) answered.resolve();
    });
    const url = `echo+tcp://127.0.0.1:${peer.port}`;
    const child = startProgram(['check', '--count', '1000', '--interval', '20ms', '--json', url]);
    const ending = ended(child);
    await answered.promise;
    child.kill('SIGINT');
    const { stdout, code } = await ending;
    const report = JSON.parse(stdout);
    expect(report.interrupted).toBe(true);
    const { notBegun, samples, underWay } = report.targets[0];
    expect(samples + underWay.length).toBeGreaterThanOrEqual(5);
    expect(samples + underWay.length + notBegun).toBe(1000);
    expect(code).toBe(report.held ? 0 : 1);
  });
});

describe('the exit code', () => {
  it('should be 2 when monitor is misconfigured, before a socket is opened', async () => {
    const child = startProgram([], {
      TARGETS: 'echo+tcp://x gopher://y:1 daytime+udp://127.0.0.1:13?size=9',
      TIMEOUT: '0s',
    });
    const [{ code, stderr, stdout }] = await Promise.all([ended(child), once(child, 'exit')]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('"echo+tcp://x": has no port');
    expect(stderr).toContain('"gopher://y:1": there is no scheme "gopher"');
    expect(stderr).toContain('"daytime+udp://127.0.0.1:13?size=9": size is for echo and stamp targets');
    expect(stderr).toContain('TIMEOUT="0s" must be a duration from 1ms to 1h');
  });
});
