import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { junitReport } from '../../src/commands/check/junit.ts';
import { Tally } from '../../src/series/tally.ts';
import { echoing, freeTcpPort, tcpPeer } from '../peers.ts';
import { runProcess } from '../program.ts';
import { targetOf } from '../take-samples.ts';
import { elementsOf, parseXml } from './strict-xml.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-probe-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('--junit', () => {
  it('should write a suite for each target with a case for each gate', async () => {
    await using peer = await tcpPeer(echoing);
    const port = await freeTcpPort();
    const file = join(folder, 'result.xml');
    const { code, stdout } = await runProcess([
      'check',
      ...['--count', '5', '--interval', '200ms', '--max-loss', '20%', '--max-p99', '5s', '--junit', file],
      `echo+tcp://127.0.0.1:${peer.port}?name=good`,
      `echo+tcp://127.0.0.1:${port}?name=bad`,
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('--max-loss 20% did not hold: bad had 100%');

    const root = parseXml(await readFile(file, 'utf8'));
    expect(root).toMatchObject({
      name: 'testsuites',
      attributes: { tests: '4', failures: '2', errors: '0' },
    });
    const [good, bad] = elementsOf(root, 'testsuite');
    expect(good?.attributes).toMatchObject({ name: 'good', tests: '2', failures: '0' });
    expect(bad?.attributes).toMatchObject({ name: 'bad', tests: '2', failures: '2' });
    expect(elementsOf(bad!, 'testcase').map(({ attributes }) => attributes)).toMatchObject([
      { name: '--max-loss 20%', classname: 'bad' },
      { name: '--max-p99 5s', classname: 'bad' },
    ]);
    const [failure] = elementsOf(bad!, 'failure');
    expect(failure?.attributes).toEqual({
      message: '--max-loss 20% did not hold: bad had 100%',
      type: 'max-loss',
    });
    expect(failure?.text).toContain(`refused: nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`);
    expect(elementsOf(good!, 'failure')).toEqual([]);
    expect(elementsOf(good!, 'system-out')[0]?.text).toContain('ok, loss 0%');
  });

  it('should be well formed for any characters in names and failures', () => {
    const name = `<a b="c" & 'd'> ]]> \u{1F600}`;
    const target = { ...targetOf('echo+tcp://192.0.2.7:7'), id: name, name };
    const tally = new Tally(target, 1);
    tally.sample({
      sequence: 0,
      at: 0,
      outcome: 'malformed',
      detail: 'a line with \u0000\u001b[31m\uFFFF and \uD800 in it',
      rttMs: undefined,
      lagMs: 0,
      phases: {},
    });
    const gate = {
      kind: 'max-loss',
      unit: 'ratio',
      limit: 0,
      text: '0%',
      results: [{ target: name, measured: 1, held: false }],
    } as const;
    const xml = junitReport({
      interrupted: false,
      startedAt: 0,
      elapsedMs: 1_234,
      targets: [tally],
      gates: [gate],
      minMeasured: 0.5,
    });
    const root = parseXml(xml);
    const [suite] = elementsOf(root, 'testsuite');
    expect(suite?.attributes).toMatchObject({ name, time: '1.234', timestamp: '1970-01-01T00:00:00' });
    expect(elementsOf(root, 'failure')[0]?.text).toBe(
      '1 malformed: a line with \uFFFD\uFFFD[31m\uFFFD and \uFFFD in it',
    );
  });

  it('should report an unwritable file at once', async () => {
    const file = join(folder, 'no', 'such', 'folder.xml');
    // No sample is taken: all of them would take a minute.
    const args = ['check', '--count', '60', '--interval', '1s', '--junit', file, 'echo+tcp://127.0.0.1:1'];
    const { code, stdout, stderr } = await runProcess(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`--junit "${file}" can't be written: ENOENT`);
  });
});
