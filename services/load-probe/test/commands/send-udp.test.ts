import { expect, it } from 'vitest';
import { AnswerRecord } from '../../src/commands/send/answer-record.ts';
import { readLineTemplate } from '../../src/commands/send/outgoing.ts';
import { endLines, jsonReport } from '../../src/commands/send/report.ts';
import { type SendResult, send } from '../../src/commands/send/run.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { flipBit, type Peer, udpPeer } from '../peers.ts';
import { runProgram } from '../program.ts';
import { testUdp } from '../take-samples.ts';

/** The replies of a server to datagram n, counted from 1. */
type Answers = (bytes: Buffer, n: number) => Buffer[];

function answeringPeer(answers: Answers): Promise<Peer> {
  let datagrams = 0;
  return udpPeer((bytes, reply) => {
    datagrams += 1;
    for (const answer of answers(bytes, datagrams)) reply(answer);
  });
}

const fourLines = {
  ...({ protocol: 'udp', host: '127.0.0.1', read: 'all', keepOpen: false } as const),
  outgoing: { kind: 'lines', count: 4, each: readLineTemplate('ping {n}'), intervalMs: 0 } as const,
  ...{ dialTimeoutMs: 15_000, writeTimeoutMs: 15_000 },
};

/** Sends lines, one per datagram. @returns the report as text */
async function sendLines(count: number, answers: Answers): Promise<string> {
  await using peer = await answeringPeer(answers);
  const outgoing = { kind: 'lines', count, each: readLineTemplate('ping {n}!'), intervalMs: 0 } as const;
  const options = {
    ...({ protocol: 'udp', host: '127.0.0.1', port: peer.port, outgoing, keepOpen: false } as const),
    ...{ dialTimeoutMs: 15_000, readTimeoutMs: 500, writeTimeoutMs: 15_000 },
  };
  const context = {
    ...{ clock: systemClock, udp: testUdp.engine, signal: new AbortController().signal },
    ...{ began() {}, connected() {}, receive: () => undefined },
  };
  const result = await send(options, context);
  return endLines({ options, result, interrupted: false, durationMs: 1 }, 0);
}

/** An echo that drops some datagrams and answers others more than once. */
const echoes =
  (...times: number[]): Answers =>
  (bytes, n) =>
    Array<Buffer>(times[n - 1] ?? 0).fill(bytes);

describeUdpEngines('send --udp to an echo', () => {
  it.each([
    [[3, 1, 0, 1], '1 of 4 datagrams has', '3', 2],
    [[0, 2, 2], '1 of 3 datagrams has', '1', 2],
    [[5, 0, 0, 0, 0], '4 of 5 datagrams have', '2, 3, 4 and 5', 4],
  ])('should not match a duplicate to another datagram: %j', async (times, which, numbers, more) => {
    const text = await sendLines(times.length, echoes(...times));
    expect(text).toMatch(new RegExp(`\\nnote: ${more} duplicates: echoes of .*\\n`));
    expect(text).toMatch(
      new RegExp(`\\nlost: ${which} no answer from .* within 500 ms: number ${numbers}\\n`),
    );
  });

  it('should succeed when every datagram has its echo, and report duplicates', async () => {
    const text = await sendLines(3, echoes(1, 3, 1));
    expect(text).not.toContain('lost:');
    expect(text).toContain('note: 2 duplicates');
  });

  it('should not count a corrupt echo as a reply', async () => {
    const text = await sendLines(3, (bytes, n) => [n === 2 ? flipBit(bytes, 3) : bytes]);
    expect(text).toContain('note: 1 answer with other bytes than every datagram');
    expect(text).toMatch(/\nlost: 1 of 3 datagrams has no answer .*: number 2\n/);
  });

  it('should name the datagrams without a reply when it is stopped', async () => {
    const stopping = new AbortController();
    let missing = 6;
    const moved = (): void => {
      missing -= 1;
      if (missing === 0) stopping.abort();
    };
    await using peer = await answeringPeer((bytes, n) => {
      moved();
      return n % 2 === 1 ? [bytes] : [];
    });
    const options = { ...fourLines, port: peer.port, readTimeoutMs: 0 };
    let soFar: (() => SendResult) | undefined;
    const context = {
      ...{
        clock: systemClock,
        udp: testUdp.engine,
        signal: stopping.signal,
        connected() {},
        receive: () => void moved(),
      },
      began(given: () => SendResult) {
        soFar = given;
      },
    };
    await expect(send(options, context)).rejects.toThrow();
    const report = { options, result: soFar?.(), interrupted: true, durationMs: 1 };
    expect(endLines(report, 2)).toMatch(
      /received 14 bytes in 2 answers, .*\nstopped after 1\.00 ms: 2 of 4 datagrams have no answer so far: number 2 and 4\n$/,
    );
    const json = JSON.parse(jsonReport(report, new AnswerRecord(systemClock, 'all')));
    expect(json).toMatchObject({ ok: false, interrupted: true, receivedBytes: 14, failure: null });
    expect(json.answers).toMatchObject({ unanswered: 2, unansweredNumbers: [2, 4] });
  });

  it('should name the datagram of each reply in its JSON', async () => {
    await using peer = await answeringPeer(echoes(2, 0, 1));
    const lines = ['--json', '--lines', '3', '--each', 'ping {n}!', '--read-timeout', '2s'];
    const { code, stdout } = await runProgram(['send', '--udp', ...lines, `127.0.0.1:${peer.port}`]);
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      ok: false,
      answers: {
        ...{ sent: 3, echoes: 2, duplicates: 1, unmatched: 0, repeats: 0, unanswered: 1 },
        unansweredNumbers: [2],
      },
      pieces: [
        { data: 'ping 1!\\n', match: 'echo', datagram: 1 },
        { data: 'ping 1!\\n', match: 'duplicate', datagram: 1 },
        { data: 'ping 3!\\n', match: 'echo', datagram: 3 },
      ],
    });
    expect(report.notes.join()).toContain('1 duplicate:');
  });
});

describeUdpEngines('send --udp to a server that does not echo', () => {
  it('should count replies, and say that it can only count', async () => {
    const text = await sendLines(3, (_bytes, n) => [Buffer.from(n === 3 ? 'no' : 'yes')]);
    expect(text).not.toContain('lost:');
    expect(text).toMatch(
      /\nnote: no answer is an echo, so they were counted .*; 1 of them had the same bytes as an earlier one, .*\n/,
    );
  });

  it('should fail when there are fewer replies than datagrams', async () => {
    const text = await sendLines(3, (_bytes, n) => (n === 2 ? [] : [Buffer.from(`got ${n}`)]));
    expect(text).toMatch(/\nlost: 1 of 3 datagrams has no answer from .* within 500 ms\n/);
  });

  it('should add no note about the replies to a single datagram', async () => {
    const text = await sendLines(1, () => [Buffer.from('Hello'), Buffer.from('you')]);
    expect(text).toMatch(/^sent 8 bytes, received 8 bytes in .*\n$/);
  });
});
