import { describe, expect, it } from 'vitest';
import { idleTimeoutPeer } from '../idle-timeout-peer.ts';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';
import { ended, runProcess, runProgram, startProgram } from '../program.ts';

describe('idle', () => {
  it('should print the result in words, and exit 1 when the gate did not hold', async () => {
    await using peer = await idleTimeoutPeer((socket) => void socket.end());
    const args = [
      '--max',
      '2s',
      '--resolution',
      '500ms',
      '--min',
      '1900ms',
      `echo+tcp://127.0.0.1:${peer.port}`,
    ];
    const { code, stderr, stdout } = await runProcess(['idle', ...args]);
    expect(stderr).toContain(`4 flows to 127.0.0.1:${peer.port} will be idle for 500ms to 2s\n`);
    expect(stdout).toMatch(
      /^an idle flow to \S+ dies after [\d.]+m?s: \S+ closed the connection \(FIN\), and so did all \d that were idle\n/,
    );
    expect(stdout).toContain('an idle timeout of the target, or of a proxy or load balancer');
    expect(stdout).toMatch(/\n--min 1\.9s did not hold\n$/);
    expect(code).toBe(1);
  });

  it('should fail the gate when one flow died earlier, even if others lived longer', async () => {
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      const isForgetful = connections % 3 === 0;
      let lastMs = performance.now();
      socket.on('data', (bytes) => {
        const isForgotten = isForgetful && performance.now() - lastMs > 250;
        lastMs = performance.now();
        if (!isForgotten) socket.write(bytes);
      });
    });
    // The missing reply is awaited until all other flows have sent their requests.
    const times = ['--max', '1s', '--resolution', '100ms', '--timeout', '1s', '--min', '900ms'];
    const { code, stdout } = await runProgram(['idle', ...times, `echo+tcp://127.0.0.1:${peer.port}`]);
    expect(stdout).toMatch(/^a flow to \S+ died after [\d.]+m?s idle \(.*, but others survived /);
    expect(stdout).toMatch(/\n--min 900ms did not hold\n$/);
    expect(code).toBe(1);
  });

  it('should print JSON that programs can rely on', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const args = ['--json', '--max', '200ms', '--resolution', '100ms', '--min', '100ms'];
    const { code, stderr, stdout } = await runProgram(['idle', ...args, `echo+udp://127.0.0.1:${peer.port}`]);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      held: true,
      url: `echo+udp://127.0.0.1:${peer.port}`,
      protocol: 'echo-udp',
      peer: `127.0.0.1:${peer.port}`,
      failedAddresses: [],
      result: 'survived',
      aliveMs: expect.any(Number),
      underWay: [],
      deadMs: null,
      cause: null,
      whenAsked: null,
      together: null,
      words: [
        expect.stringContaining('lives for at least'),
        expect.stringContaining('does not show whether a NAT kept its mapping'),
      ],
      gates: [{ name: 'min', allowedMs: 100, held: true }],
      flows: [
        { idleMs: expect.any(Number), cause: null, whenAsked: true },
        { idleMs: expect.any(Number), cause: null, whenAsked: true },
      ],
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('should print the results so far on Ctrl-C', async () => {
    await using peer = await tcpPeer(echoing);
    const child = startProgram([
      'idle',
      '--max',
      '1h',
      '--resolution',
      '1m',
      `echo+tcp://127.0.0.1:${peer.port}`,
    ]);
    const ending = ended(child);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await ending;
    expect(stdout).toMatch(
      /^stopped before any idle flow had answered\nunder way when stopped: 60 idle flows, the oldest for [\d.]+m?s\n$/,
    );
    expect(code).toBe(1);
  });

  it('should name the pending flows when it is stopped, in text and JSON', async () => {
    const bothAsked = Promise.withResolvers<void>();
    let requests = 0;
    await using sink = await tcpPeer((socket) => {
      socket.once('data', () => {
        requests += 1;
        if (requests === 2) bothAsked.resolve();
      });
    });
    const url = `echo+tcp://127.0.0.1:${sink.port}`;
    const args = ['--max', '1s', '--resolution', '1s', '--timeout', '10m', '--min', '1s', url];
    const programs = [startProgram(['idle', ...args]), startProgram(['idle', '--json', ...args])];
    const endings = programs.map((child) => ended(child));
    await bothAsked.promise;
    for (const child of programs) child.kill('SIGINT');
    const [text, json] = await Promise.all(endings);
    expect(text?.stdout).toMatch(
      /^stopped before any idle flow had answered\nunder way when stopped: 1 first exchange, for [\d.]+m?s\n--min 1s did not hold\n$/,
    );
    expect(JSON.parse(json!.stdout)).toMatchObject({
      result: 'interrupted',
      underWay: [{ stage: 'first_exchange', count: 1, ageMs: expect.any(Number) }],
    });
    expect([text?.code, json?.code]).toEqual([1, 1]);
  });

  it('should name the idle flow with a pending request when it is stopped', async () => {
    const asked = Promise.withResolvers<void>();
    await using peer = await tcpPeer((socket) => {
      let requests = 0;
      socket.on('data', (bytes) => {
        requests += 1;
        if (requests === 1) socket.write(bytes);
        else asked.resolve();
      });
    });
    const args = [
      '--max',
      '20ms',
      '--resolution',
      '20ms',
      '--timeout',
      '10m',
      `echo+tcp://127.0.0.1:${peer.port}`,
    ];
    const child = startProgram(['idle', ...args]);
    const ending = ended(child);
    await asked.promise;
    child.kill('SIGINT');
    expect((await ending).stdout).toMatch(
      /^stopped before any idle flow had answered\nunder way when stopped: 1 unanswered request, for [\d.]+m?s\n$/,
    );
  });

  it('should exit 2 and name every mistake', async () => {
    const args = ['--max', '1s', '--resolution', '2s', '--min', '3s', '--wat', 'daytime+tcp://127.0.0.1:13'];
    const { code, stderr } = await runProgram(['idle', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('load-probe idle: 4 problems in the command line');
    expect(stderr).toContain('there is no option --wat');
    expect(stderr).toContain('is nothing that idle can use; the schemes are echo+tcp, echo+udp, session+tcp');
    expect(stderr).toContain('--resolution 2s is longer than --max 1s');
    expect(stderr).toContain("--min 3s can't be shown with a --max of 1s");
    const query = await runProgram(['idle', 'echo+tcp://127.0.0.1:7?size=100']);
    expect(query.stderr).toContain('has a query, which idle has no use for; use its options');
  });
});
