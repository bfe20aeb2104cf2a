import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess, runProgram } from '../program.ts';

describe('targets', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-probe-targets-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fileOf(text: string): Promise<string> {
    const path = join(folder, 'targets.yaml');
    await writeFile(path, text);
    return path;
  }

  it('should print every series of a file and exit 0', async () => {
    const path = await fileOf(
      'targets:\n  - { url: "echo+tcp://192.0.2.7:7", name: lb, flow: both, slo: { loss: 0.5%, p99: 20ms } }\n' +
        '  - { url: "session+tcp://[2001:db8::7]:7014", interval: 250ms }\n',
    );
    const { code, stdout, stderr } = await runProcess(['targets', path], { TIMEOUT: '3s' });
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'NAME                              URL                               DISCOVER  FLOW    INTERVAL  TIMEOUT  SIZE  SLO',
        'lb                                echo+tcp://192.0.2.7:7            -         fresh   1s        3s       64B   loss 0.5%, p99 20ms',
        'lb                                echo+tcp://192.0.2.7:7            -         sticky  1s        3s       64B   loss 0.5%, p99 20ms',
        'session+tcp://[2001:db8::7]:7014  session+tcp://[2001:db8::7]:7014  -         fresh   250ms     3s       -     -',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });

  it('should print JSON that programs can rely on', async () => {
    const path = await fileOf(
      'targets:\n  - { url: "echo+udp://h:7", discover: dns, dscp: ef, slo: { p99: 500us } }\n',
    );
    const good = await runProgram(['targets', '--json', path]);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toEqual({
      version: 1,
      valid: true,
      problems: [],
      targets: [
        {
          id: 'echo+udp://h:7',
          name: 'echo+udp://h:7',
          url: 'echo+udp://h:7',
          discover: 'dns',
          protocol: 'echo-udp',
          flow: 'fresh',
          intervalMs: 1_000,
          timeoutMs: 2_000,
          sizeBytes: 64,
          dscp: 46,
          syn: false,
          expect: null,
          control: null,
          slo: { maxLossRatio: null, maxP99Ms: 0.5 },
        },
      ],
    });
    const bad = await runProgram([
      'targets',
      '--json',
      await fileOf('targets:\n  - { url: "echo+udp://h:7", size: 1 }\n'),
    ]);
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      version: 1,
      valid: false,
      targets: [],
      problems: [{ line: 2, text: expect.stringMatching(/^size="1" must be a size/) }],
    });
  });

  it('should exit 2 with every problem and its line', async () => {
    const path = await fileOf('targets:\n  - url: gopher://h:70\n  - name: x\n');
    const { code, stdout, stderr } = await runProcess(['targets', path]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^load-probe targets: 2 problems in .*targets\.yaml"\n {2}line 2: "gopher:.*\n {2}line 3: .*\n$/,
    );
  });

  it('should exit 2 without a file, or with a missing one', async () => {
    const none = await runProgram(['targets', '--colour']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('there is no option --colour');
    expect(none.stderr).toContain('there is no FILE; name one, such as targets.yaml');
    const missing = await runProgram(['targets', join(folder, 'missing.yaml')], { INTERVAL: 'often' });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('missing.yaml" must be a file that can be read: there is none');
    expect(missing.stderr).toContain('INTERVAL "often" must be a duration');
  });
});
