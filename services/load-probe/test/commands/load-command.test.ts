import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { mainOfService } from '../../../../tests/harness/main-module.ts';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { echoing, flipBit, freeTcpPort, tcpPeer } from '../peers.ts';
import { ended, runProcess, runProgram, startProgram } from '../program.ts';

const MAIN = mainOfService('load-probe');

describe('load', () => {
  it('should print figures, and plain progress lines where there is no terminal', async () => {
    await using peer = await tcpPeer(echoing);
    const url = `echo+tcp://127.0.0.1:${peer.port}`;
    const { code, stdout, stderr } = await runProcess([
      'load',
      '--duration',
      '1500ms',
      '--connections',
      '2',
      url,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^echo\\+tcp://127\\.0\\.0\\.1:${peer.port}\n  ([\\d,]+) of \\1 messages ok, loss 0%\n` +
          '  [\\d,]+ messages a second over [\\d.]+ m?s, closed loop with 2 connections and 1 worker\n' +
          '  round trip p50 [\\d.]+ m?s, p90 [\\d.]+ m?s, p99 [\\d.]+ m?s, p99\\.9 [\\d.]+ m?s, max [\\d.]+ m?s\n',
      ),
    );
    expect(stdout).toMatch(/\n--max-loss 0% held: echo\+tcp:\S+ had 0%\n$/);
    // No escape sequence, and no line that is overwritten.
    expect(stderr).toMatch(/^(\d+ s: [\d,]+\/s, (p50 [\d.]+ m?s, p99 [\d.]+ m?s|no answer), 0 errors\n)+$/);
  });

  it('should exit 1 on an error, unless the gate lets it pass', async () => {
    await using peer = await tcpPeer((socket) => {
      // The second of each connection: never the exchange before the load, never more than half of all.
      let messages = 0;
      socket.on('data', (bytes: Buffer) => {
        messages += 1;
        socket.write(messages === 2 ? flipBit(bytes, 40) : bytes);
      });
    });
    const args = ['load', '--duration', '500ms', '--connections', '4', `echo+tcp://127.0.0.1:${peer.port}`];
    const strict = await runProcess(args);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toMatch(/\n {2}\d+ corrupt: byte 40 came back as 0x\w\w, sent was 0x\w\w\n/);
    expect(strict.stdout).toMatch(/--max-loss 0% did not hold: \S+ had [\d.]+%/);
    expect((await runProcess([...args, '--max-loss', '50%'])).code).toBe(0);
    const slow = await runProcess([...args, '--max-loss', '50%', '--max-p99', '1us']);
    expect(slow.code).toBe(1);
    expect(slow.stdout).toMatch(/--max-p99 1us did not hold: \S+ had [\d.]+ m?s/);
  });

  it('should report a shortfall as a sentence and in figures', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => setTimeout(() => socket.write(bytes), 20));
    });
    const args = ['load', '--rate', '1000', '--duration', '500ms', '--connections', '2'];
    const url = `echo+tcp://127.0.0.1:${peer.port}?name=slow`;
    const [{ code, stdout }, json] = await Promise.all([
      runProcess([...args, url]),
      runProcess([...args, '--json', url]),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      / {2}shortfall: 1,000 messages a second were due, [\d.]+ came back \([\d.]+% less\)\n/,
    );
    expect(stdout).toMatch(
      /\d+ messages found no connection free until 2\.00 s after the end and were never sent;/,
    );

    const report = JSON.parse(json.stdout);
    expect(report).toMatchObject({
      version: 1,
      held: false,
      interrupted: false,
      target: { name: 'slow', url: `echo+tcp://127.0.0.1:${peer.port}`, protocol: 'echo-tcp' },
      plan: { loop: 'open', durationMs: 500, connections: 2, pipeline: 1, workers: 1, sizeBytes: 64 },
      offeredPerSecond: 1_000,
      messages: { due: 500, failed: 0, abandoned: 0 },
      gates: [{ name: 'max-loss', unit: 'ratio', limit: 0, held: false }],
    });
    expect(report.messages.sent).toBe(report.messages.ok);
    expect(report.messages.unsent).toBe(500 - report.messages.sent);
    expect(report.shortfallRatio).toBeCloseTo(1 - report.achievedPerSecond / 1_000);
    expect(report.shortfallRatio).toBeGreaterThan(0.7);
    expect(report.outcomes).toMatchObject({ ok: report.messages.ok, refused: 0 });
    expect(report.latencyMs.p99).toBeGreaterThan(report.latencyMs.p50);
  });

  it('should not load a target that does not reply', async () => {
    const port = await freeTcpPort();
    const { code, stdout, stderr } = await runProcess(['load', `echo+tcp://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stdout).toContain('not loaded: one exchange was tried, and it failed');
    expect(stdout).toContain(`refused: nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`);
    expect(stderr).toBe('');
  });

  it('should exit 2 and name every mistake', async () => {
    const { code, stdout, stderr } = await runProgram([
      'load',
      '--rate',
      'fast',
      '--workers=0',
      'tcp://x:1',
      'y',
    ]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('load-probe load: 4 problems in the command line\n');
    expect(stderr).toContain('--rate "fast" must be a number of messages a second');
  });

  it('should end early with a report on Ctrl-C', async () => {
    const loaded = Promise.withResolvers<void>();
    let messages = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        socket.write(bytes);
        messages += 1;
        if (messages === 100) loaded.resolve();
      });
    });
    const child = startProgram(['load', '--duration', '10m', '--json', `echo+tcp://127.0.0.1:${peer.port}`]);
    const ending = ended(child);
    await loaded.promise;
    child.kill('SIGINT');
    const { stdout, code } = await ending;
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ interrupted: true, lossRatio: 0, messages: { failed: 0, unsent: 0 } });
    expect(report.messages.ok).toBeGreaterThan(80);
    expect(report.messages.abandoned).toBeLessThanOrEqual(10);
    // On a busy machine the last messages may have waited longer than earlier ones.
    expect(code).toBe(report.held ? 0 : 1);
    if (!report.held) expect(report.gates[0].targets[0].reason).toBe('still_waiting');
  });

  it('should show a bar on a terminal', skipFor(scriptProblem()), async () => {
    await using peer = await tcpPeer(echoing);
    const url = `echo+tcp://127.0.0.1:${peer.port}`;
    const command = `${process.execPath} ${MAIN} load --duration 1500ms ${url}`;
    const { stdout } = await ended(spawn('script', ['-qec', command, '/dev/null']));
    expect(stdout).toMatch(/#{3,}-+ \d+% \| [\d,]+\/s, p50 [\d.]+ m?s, p99 [\d.]+ m?s, 0 errors/);
    expect(stdout).toContain('#'.repeat(20));
    expect(stdout).not.toContain('1 s: ');
    expect(stdout).toMatch(/messages ok, loss 0%/);
  });
});

/** Why no command can be run on a terminal here, or undefined. */
function scriptProblem(): string | undefined {
  const { error, stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  if (error === undefined && stdout.includes('util-linux')) return undefined;
  return 'script(1) of util-linux is not on this machine; install it (Debian package bsdutils)';
}
